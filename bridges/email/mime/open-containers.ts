import type { TextKey } from "../texts.ts";
import { openCms } from "./smime.ts";
import { memorySource } from "./source.ts";
import { readTnef, type Tnef } from "./tnef.ts";
import { decodeBytes } from "./transfer.ts";
import { type Part, walk } from "./walk.ts";

/** Of a container as it stands in the mail, in bytes: a larger one stays a file. */
const LARGEST = 16 * 1024 * 1024;
const DEEPEST = 4;

/** What came out of the containers of one mail. */
export interface Opened {
  readonly root: Part;
  readonly remarks: ReadonlySet<TextKey>;
  /** The mail as it came is worth having: some of it is not shown. */
  readonly wantsOriginal: boolean;
}

/**
 * Puts in place of each container what it holds: Outlook's winmail.dat (MS-OXTNEF) and messages wrapped in their own
 * signature (S/MIME, RFC 8551, 3.5.2). What is encrypted, or cannot be opened, stays and is remarked on.
 */
export function openContainers(root: Part): Opened {
  const remarks = new Set<TextKey>();
  const opened = open(root, remarks, 0);
  const wantsOriginal = remarks.has("remark.smime-encrypted") || remarks.has("remark.pgp-encrypted");
  return { root: opened, remarks, wantsOriginal };
}

function open(part: Part, remarks: Set<TextKey>, depth: number): Part {
  if (part.type === "multipart/encrypted")
    remarks.add(protocolOf(part) === "pgp" ? "remark.pgp-encrypted" : "remark.smime-encrypted");
  if (part.type === "multipart/signed")
    remarks.add(protocolOf(part) === "pgp" ? "remark.pgp-signed" : "remark.smime-signed");
  if (part.children.length > 0) return { ...part, children: part.children.map((child) => open(child, remarks, depth)) };
  if (depth >= DEEPEST) return part;
  if (/^application\/(?:x-)?pkcs7-mime$/.test(part.type)) return openSmime(part, remarks, depth);
  if (
    part.type === "application/ms-tnef" ||
    part.type === "application/vnd.ms-tnef" ||
    /^winmail\d*\.dat$/i.test(part.name ?? "")
  )
    return openTnef(part, remarks);
  return part;
}

const protocolOf = ({ parameters, children }: Part) =>
  /pgp/i.test(parameters.get("protocol") ?? children.map(({ type }) => type).join(" ")) ? "pgp" : "smime";

function openSmime(part: Part, remarks: Set<TextKey>, depth: number): Part {
  const kind = part.parameters.get("smime-type")?.toLowerCase() ?? "";
  const bytes = wholeBytes(part);
  const cms = bytes === undefined ? undefined : openCms(bytes);
  if (cms?.is === "signed" && kind !== "certs-only") {
    remarks.add("remark.smime-signed");
    const inner = walk(memorySource(cms.content)).root;
    // The wrapping itself stays as a file: it is what proves the signature.
    return { ...part, type: "multipart/mixed", name: undefined, children: [open(inner, remarks, depth + 1), part] };
  }
  if (cms?.is === "encrypted" || /^(?:auth-?)?enveloped/.test(kind)) remarks.add("remark.smime-encrypted");
  return part;
}

function openTnef(part: Part, remarks: Set<TextKey>): Part {
  const bytes = wholeBytes(part);
  const tnef = bytes === undefined ? undefined : readTnef(bytes);
  if (tnef === undefined) {
    remarks.add("remark.tnef");
    return part;
  }
  return { ...part, type: "multipart/mixed", name: undefined, children: partsOfTnef(tnef) };
}

function partsOfTnef({ words, files, messages }: Tnef): Part[] {
  return [
    ...(words === undefined ? [] : [makePart(words.type, Buffer.from(words.text), { charset: "utf-8" })]),
    ...files.map(({ name, type, contentId, bytes }) =>
      makePart(
        mediaTypeOf(type),
        bytes,
        {},
        { name, contentId: contentId?.replace(/^<|>$/g, ""), disposition: contentId ? "inline" : "attachment" },
      ),
    ),
    ...messages.map((message) => {
      const lines =
        message.subject === undefined
          ? []
          : [{ key: "subject", line: `Subject: ${message.subject.replace(/\s+/g, " ")}` }];
      const inner = { ...makePart("multipart/mixed", Buffer.alloc(0)), lines, children: partsOfTnef(message) };
      return { ...makePart("message/rfc822", Buffer.alloc(0)), children: [inner] };
    }),
  ];
}

const mediaTypeOf = (type: string | undefined) =>
  type !== undefined && /^[\w.+-]+\/[\w.+-]+$/.test(type) && !/^(?:multipart|message)\//i.test(type)
    ? type.toLowerCase()
    : "application/octet-stream";

function makePart(
  type: string,
  bytes: Buffer,
  parameters: Readonly<Record<string, string>> = {},
  more: { name?: string | undefined; contentId?: string | undefined; disposition?: string } = {},
): Part {
  return {
    type,
    parameters: new Map(Object.entries(parameters)),
    lines: [],
    disposition: more.disposition ?? "",
    name: more.name,
    contentId: more.contentId,
    encoding: "none",
    source: memorySource(bytes),
    start: 0,
    end: bytes.length,
    children: [],
  };
}

/** Undefined when it is too large to be held in memory. */
const wholeBytes = (part: Part): Buffer | undefined =>
  part.end - part.start > LARGEST ? undefined : decodeBytes(part.source.slice(part.start, part.end), part.encoding);
