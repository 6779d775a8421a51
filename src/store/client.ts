import pg from "pg";

/**
 * A connection that may end at any moment. node-postgres reports the end to the query at hand and emits it too; nobody
 * listens while the connection is lent out between two queries, and an unheard "error" would end the process.
 */
export class LosableClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on("error", () => undefined);
  }
}
