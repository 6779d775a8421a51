import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { type SpooledFile, spool } from "./spool.ts";

/** Why a post could not be read. */
export type PostFault = "broken" | "unsupported" | "large" | "slow";

export class PostError extends Error {
  override readonly name = "PostError";
  readonly fault: PostFault;

  constructor(fault: PostFault, cause?: unknown) {
    super(`the post is ${fault}`, { cause });
    this.fault = fault;
  }
}

export interface PostLimits {
  readonly files: number;
  readonly bytesEach: number;
  readonly bytesTotal: number;
  /** Whole body: files that are too large are read and thrown away up to here, so that the visitor gets a page. In bytes. */
  readonly bodyBytes: number;
  readonly fields: number;
  /** In bytes. */
  readonly fieldBytes: number;
  readonly milliseconds: number;
}

/** Something that is wrong with the files, told next to their field. */
export interface FileFault {
  readonly is: "file-large" | "files-large" | "files-many" | "file-empty" | "file-type" | "files-again";
  /** As the sender named it. */
  readonly file: string;
}

/** A form as it was filled in. The files lie on disk until they are removed. */
export interface Post {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** Names of fields whose value was cut at the limit. */
  readonly cut: ReadonlySet<string>;
  readonly files: readonly SpooledFile[];
  readonly faults: readonly FileFault[];
}

/**
 * Reads a posted form to its end; no file is ever whole in memory.
 * @throws PostError when it cannot be read; nothing of it is left then.
 */
export async function readPost(request: Request, limits: PostLimits): Promise<Post> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^(multipart\/form-data|application\/x-www-form-urlencoded)\s*(;|$)/i.test(type))
    throw new PostError("unsupported");
  const late = AbortSignal.timeout(limits.milliseconds);
  const files = createFileIntake(limits);
  try {
    const { busboy, fields, cut } = openForm(type, limits, files);
    await pipeline(Readable.from(count(request.body, limits.bodyBytes, late), { objectMode: false }), busboy);
    return { fields, cut, ...(await files.finish()) };
  } catch (fault) {
    await files.discard();
    if (late.aborted) throw new PostError("slow", fault);
    throw fault instanceof PostError ? fault : new PostError("broken", fault);
  }
}

/** The body's pieces, up to its end, a size, or a time. */
async function* count(
  body: ReadableStream<Uint8Array> | null,
  most: number,
  late: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  // A read that waits ends with this.
  const giveUp = () => void reader.cancel().catch(() => undefined);
  late.addEventListener("abort", giveUp, { once: true });
  try {
    let octets = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      octets += next.value.length;
      if (octets > most) throw new PostError("large");
      yield next.value;
    }
    if (late.aborted) throw new PostError("slow");
  } finally {
    late.removeEventListener("abort", giveUp);
    giveUp();
  }
}

function openForm(type: string, limits: PostLimits, intake: FileIntake) {
  const busboy = new Busboy({
    headers: { "content-type": type },
    isPartAFile: (_field, _type, fileName) => fileName !== undefined,
    limits: {
      fieldNameSize: 100,
      fieldSize: limits.fieldBytes,
      fields: limits.fields,
      parts: limits.fields + 2 * limits.files + 10,
      headerPairs: 20,
      headerSize: 8 * 1024,
    },
  });
  const fields = new Map<string, string[]>();
  const cut = new Set<string>();
  busboy.on("field", (name, value, _isNameCut, isCut) => {
    if (typeof name !== "string") return;
    fields.set(name, [...(fields.get(name) ?? []), value]);
    if (isCut) cut.add(name);
  });
  busboy.on("file", (_field, stream, name) => intake.take(name, stream));
  for (const limit of ["fieldsLimit", "partsLimit"] as const)
    busboy.on(limit, () => busboy.destroy(new PostError("broken")));
  return { busboy, fields, cut };
}

interface FileIntake {
  take(name: string, stream: BusboyFileStream): void;
  finish(): Promise<Pick<Post, "files" | "faults">>;
  /** Stops what still runs, and removes all. */
  discard(): Promise<void>;
}

function createFileIntake({ files: most, bytesEach, bytesTotal }: PostLimits): FileIntake {
  const open = new Set<BusboyFileStream>();
  const spooled: Promise<SpooledFile | undefined>[] = [];
  const faults: FileFault[] = [];
  let total = 0;
  let taken = 0;

  /** A browser sends a field without a file as an empty one without a name. */
  async function write(name: string, stream: BusboyFileStream): Promise<SpooledFile | undefined> {
    let size = 0;
    let fault: FileFault["is"] | undefined;
    const pieces: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
    const first = await pieces.next();
    if (first.done) {
      if (name !== "") faults.push({ is: "file-empty", file: name });
      return undefined;
    }
    const within = async function* () {
      for (let next: IteratorResult<Buffer, unknown> = first; !next.done; next = await pieces.next()) {
        const piece = next.value;
        size += piece.length;
        total += piece.length;
        if (taken >= most) fault ??= "files-many";
        else if (size > bytesEach) fault ??= "file-large";
        else if (total > bytesTotal) fault ??= "files-large";
        // Read to its end all the same: only then can the visitor be answered.
        if (fault === undefined) yield piece;
      }
      taken += 1;
    };
    const file = await spool(name, Readable.from(within(), { objectMode: false }));
    if (fault === undefined) return file;
    faults.push({ is: fault, file: name });
    await file.remove();
    return undefined;
  }

  const settle = async () =>
    (await Promise.allSettled(spooled)).flatMap((each) => (each.status === "fulfilled" ? (each.value ?? []) : []));
  return {
    take(name, stream) {
      open.add(stream);
      const writing = write(name, stream).finally(() => open.delete(stream));
      // What it ends with is asked for at the end.
      writing.catch(() => stream.resume());
      spooled.push(writing);
    },
    async finish() {
      const files = (await Promise.all(spooled)).flatMap((each) => each ?? []);
      return { files, faults };
    },
    async discard() {
      for (const stream of open) stream.destroy(new Error("broken off"));
      await Promise.all((await settle()).map((file) => file.remove()));
    },
  };
}
