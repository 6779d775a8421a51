/** A bridge that does not do what the contract says. Its message begins with the sentence. */
export class ContractBroken extends Error {
  override readonly name = "ContractBroken";
  readonly sentence: string;

  /** @param found what the bridge did instead. */
  constructor(sentence: string, found: string, options: ErrorOptions = {}) {
    super(`The contract says: ${sentence}\nFound: ${found}`, options);
    this.sentence = sentence;
  }
}

/** A harness that cannot do what it promised: says nothing about the bridge. */
export class HarnessFault extends Error {
  override readonly name = "HarnessFault";
}

/** What is not as it must be; the check that asks knows the sentence. @throws Error that says what was found. */
export function demand(holds: boolean, found: string): asserts holds {
  if (!holds) throw new Error(found);
}
