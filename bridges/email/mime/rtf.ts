import iconv from "iconv-lite";
import { deEncapsulateSync } from "rtf-stream-parser";

/** Uncompressed, in bytes. */
const LONGEST_RTF = 8 * 1024 * 1024;

/** What the dictionary holds before the first byte (MS-OXRTFCP, 2.1.2.1). */
const DICTIONARY =
  "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const RING = 4096;
const HEADER = 16;

/** RTF as Outlook packs it (MS-OXRTFCP). @returns undefined for what is no such thing or too long. */
export function unpackRtf(packed: Buffer): Buffer | undefined {
  if (packed.length < HEADER) return undefined;
  const size = packed.readUInt32LE(4);
  const kind = packed.toString("latin1", 8, 12);
  if (size > LONGEST_RTF) return undefined;
  if (kind === "MELA") return packed.subarray(HEADER, HEADER + size);
  if (kind !== "LZFu") return undefined;
  const ring = Buffer.alloc(RING, 0x20);
  let write = ring.write(DICTIONARY, "latin1");
  const out = Buffer.alloc(size);
  let length = 0;
  const put = (byte: number) => {
    out[length++] = byte;
    ring[write] = byte;
    write = (write + 1) % RING;
  };
  for (let at = HEADER; at < packed.length && length < size; ) {
    const flags = packed[at++] ?? 0;
    for (let bit = 0; bit < 8 && at < packed.length && length < size; bit += 1) {
      if ((flags & (1 << bit)) === 0) put(packed[at++] ?? 0);
      else {
        const token = ((packed[at] ?? 0) << 8) | (packed[at + 1] ?? 0);
        at += 2;
        const from = token >> 4;
        if (from === write) return out.subarray(0, length);
        for (let index = 0; index < (token & 15) + 2 && length < size; index += 1)
          put(ring[(from + index) % RING] ?? 0);
      }
    }
  }
  return out.subarray(0, length);
}

export interface RtfWords {
  readonly type: "text/html" | "text/plain";
  readonly text: string;
}

/** Words of an RTF text: the HTML that Outlook hid in it (MS-OXRTFEX) if there is some. @returns undefined when it is broken. */
export function readRtf(rtf: Buffer): RtfWords | undefined {
  const head = rtf.toString("latin1", 0, 4096);
  // The library sets aside as many bytes as a \bin names, and warns on the console of each bad code.
  if (/\\bin\d{5}|\\'(?![0-9a-f]{2})/i.test(rtf.toString("latin1"))) return undefined;
  // It reads only what HTML or text was hidden in: any other RTF is passed off as that.
  const isHidden = /\\from(?:html|text)/.test(head);
  const source = isHidden
    ? rtf
    : Buffer.from(rtf.toString("latin1").replace(/^\s*\{\\rtf1?/, "{\\rtf1\\ansi\\fromtext "), "latin1");
  try {
    const { mode, text } = deEncapsulateSync(source, { decode: iconv.decode, mode: "either", warn: () => {} });
    const words = typeof text === "string" ? text : text.toString();
    return { type: mode === "html" ? "text/html" : "text/plain", text: words };
  } catch {
    return undefined;
  }
}
