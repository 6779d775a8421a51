import { connect, createServer, type Socket } from "node:net";

/** One address before several servers: connections go to each in turn, past those that are away. */
export interface Balancer {
  close(): Promise<void>;
}

export async function openBalancer(port: number, servers: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  };
  const pass = (client: Socket, left: readonly number[]) => {
    const [first, ...others] = left;
    if (first === undefined) return void client.destroy();
    const server = connect(first, "127.0.0.1");
    keep(server);
    let isThere = false;
    server.once("connect", () => {
      isThere = true;
      client.pipe(server).pipe(client);
    });
    server.once("close", () => {
      if (isThere) client.destroy();
      else pass(client, others);
    });
    client.once("close", () => server.destroy());
  };
  const listener = createServer((client) => {
    keep(client);
    turn += 1;
    const at = turn % servers.length;
    pass(client, [...servers.slice(at), ...servers.slice(0, at)]);
  });
  await new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve));
  return {
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
