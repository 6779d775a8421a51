import { decodeText } from "./charset.ts";
import { type RtfWords, readRtf, unpackRtf } from "./rtf.ts";

/** What an Outlook container holds (winmail.dat; MS-OXTNEF). */
export interface Tnef {
  readonly subject: string | undefined;
  readonly words: RtfWords | undefined;
  readonly files: readonly TnefFile[];
  /** Messages that were attached to the message. */
  readonly messages: readonly Tnef[];
}

export interface TnefFile {
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly contentId: string | undefined;
  readonly bytes: Buffer;
}

const SIGNATURE = 0x223e9f78;
const DEEPEST = 4;
const MOST_FILES = 500;

const ATT = {
  subject: 0x8004,
  body: 0x800c,
  title: 0x8010,
  data: 0x800f,
  rend: 0x9002,
  mapi: 0x9003,
  attachment: 0x9005,
  codepage: 0x9007,
};
const PROP = {
  subject: 0x0037,
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  object: 0x3701,
  shortName: 0x3704,
  longName: 0x3707,
  type: 0x370e,
  contentId: 0x3712,
};

interface OpenFile {
  title?: Buffer;
  data?: Buffer;
  properties: ReadonlyMap<number, Property>;
}

/** Reads a container. Never throws; what is damaged is left out. @returns undefined for what is no container. */
export function readTnef(bytes: Buffer, depth = 0): Tnef | undefined {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== SIGNATURE || depth > DEEPEST) return undefined;
  const message = new Map<number, Buffer>();
  let properties: ReadonlyMap<number, Property> = new Map();
  const files: OpenFile[] = [];
  // Each attribute: level (1), name and type (4), length (4), data, checksum (2).
  for (let at = 6; at + 11 <= bytes.length; ) {
    const level = bytes[at];
    const name = bytes.readUInt16LE(at + 1);
    const length = bytes.readUInt32LE(at + 5);
    const data = bytes.subarray(at + 9, at + 9 + length);
    at += 11 + length;
    if (level === 1 && name === ATT.mapi) properties = readProperties(data);
    else if (level === 1) message.set(name, data);
    else if (level !== 2) break;
    else if (name === ATT.rend && files.length < MOST_FILES) files.push({ properties: new Map() });
    const file = files.at(-1);
    if (level !== 2 || file === undefined) continue;
    if (name === ATT.title) file.title = data;
    if (name === ATT.data) file.data = data;
    if (name === ATT.attachment) file.properties = readProperties(data);
  }
  const charset = codepageName(message.get(ATT.codepage));
  const messages = files.flatMap((file) => readEmbedded(file, depth));
  return {
    subject: textOf(properties.get(PROP.subject), charset) ?? stringOf(message.get(ATT.subject), charset),
    words: readWords(properties, message.get(ATT.body), charset),
    files: files
      .flatMap((file) => (isEmbedded(file) ? [] : [describe(file, charset)]))
      .filter(({ bytes }) => bytes.length > 0),
    messages,
  };
}

function readWords(
  properties: ReadonlyMap<number, Property>,
  body: Buffer | undefined,
  charset: string,
): RtfWords | undefined {
  const html = properties.get(PROP.html);
  if (html !== undefined) return { type: "text/html", text: textOf(html, charset) ?? "" };
  const plain = textOf(properties.get(PROP.body), charset) ?? stringOf(body, charset);
  const packed = properties.get(PROP.rtf);
  const rtf = packed === undefined ? undefined : unpackRtf(packed.data);
  const rich = rtf === undefined ? undefined : readRtf(rtf);
  // Plain text is the surer of two plain forms.
  if (rich?.type === "text/html" || plain === undefined || plain.trim() === "") return rich;
  return { type: "text/plain", text: plain };
}

const describe = ({ title, data, properties }: OpenFile, charset: string): TnefFile => ({
  name:
    textOf(properties.get(PROP.longName), charset) ??
    stringOf(title, charset) ??
    textOf(properties.get(PROP.shortName), charset),
  type: textOf(properties.get(PROP.type), charset),
  contentId: textOf(properties.get(PROP.contentId), charset),
  bytes: data ?? properties.get(PROP.object)?.data ?? Buffer.alloc(0),
});

/** An embedded message is an object that begins with an interface id, then a container of its own. */
const isEmbedded = ({ properties }: OpenFile) => {
  const object = properties.get(PROP.object)?.data;
  return object !== undefined && object.length > 22 && object.readUInt32LE(16) === SIGNATURE;
};

function readEmbedded(file: OpenFile, depth: number): Tnef[] {
  const object = file.properties.get(PROP.object)?.data;
  const message = object === undefined || !isEmbedded(file) ? undefined : readTnef(object.subarray(16), depth + 1);
  return message === undefined ? [] : [message];
}

interface Property {
  readonly type: number;
  readonly data: Buffer;
}

const UNICODE = 0x1f;
/** In bytes of the fixed property types, padded as they stand (MS-OXTNEF, 2.1.3.4). */
const SIZES: Readonly<Record<number, number>> = {
  2: 4,
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 8,
  10: 4,
  11: 4,
  20: 8,
  64: 8,
  72: 16,
};
const MOST_VALUES = 10_000;

function readProperties(bytes: Buffer): ReadonlyMap<number, Property> {
  const found = new Map<number, Property>();
  try {
    const count = bytes.readUInt32LE(0);
    let at = 4;
    for (let index = 0; index < count && at < bytes.length; index += 1) {
      const type = bytes.readUInt16LE(at) & 0xfff;
      const isMany = (bytes.readUInt16LE(at) & 0x1000) !== 0;
      const id = bytes.readUInt16LE(at + 2);
      at += 4;
      if (id >= 0x8000) at += 20 + (bytes.readUInt32LE(at + 16) === 0 ? 4 : 4 + padded(bytes.readUInt32LE(at + 20)));
      const fixed = SIZES[type];
      let values = 1;
      if (isMany || fixed === undefined) {
        values = bytes.readUInt32LE(at);
        at += 4;
      }
      if (values > MOST_VALUES) break;
      for (let value = 0; value < values; value += 1) {
        const length = fixed ?? bytes.readUInt32LE(at);
        if (fixed === undefined) at += 4;
        if (value === 0) found.set(id, { type, data: bytes.subarray(at, at + length) });
        at += padded(length);
      }
    }
  } catch (fault) {
    // Reading beyond the end: what was read until then holds.
    if (!(fault instanceof RangeError)) throw fault;
  }
  return found;
}

const padded = (length: number) => Math.ceil(length / 4) * 4;

const textOf = (property: Property | undefined, charset: string): string | undefined =>
  stringOf(property?.data, property?.type === UNICODE ? "utf-16le" : charset);

function stringOf(bytes: Buffer | undefined, charset: string): string | undefined {
  return bytes === undefined ? undefined : decodeText(bytes, charset).replace(/\0[\s\S]*$/, "") || undefined;
}

/** attOemCodepage: the number of a Windows code page. */
function codepageName(bytes: Buffer | undefined): string {
  const number = bytes !== undefined && bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  const names: Readonly<Record<number, string>> = {
    0: "windows-1252",
    65001: "utf-8",
    932: "shift_jis",
    936: "gbk",
    949: "euc-kr",
    950: "big5",
    20127: "us-ascii",
  };
  return names[number] ?? (number >= 1250 && number <= 1258 ? `windows-${number}` : `cp${number}`);
}
