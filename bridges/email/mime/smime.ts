import { Constructed, fromBER, ObjectIdentifier, OctetString, Sequence } from "asn1js";

/** RFC 5652, 5 and RFC 8551, 3.5: a message that is wrapped in its own signature. */
export type Cms = { readonly is: "signed"; readonly content: Buffer } | { readonly is: "encrypted" | "unknown" };

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const ENVELOPED = new Set(["1.2.840.113549.1.7.3", "1.2.840.113549.1.9.16.1.23"]);

/** Opens the wrapping; checks no signature. Never throws. */
export function openCms(bytes: Buffer): Cms {
  const result = readBer(bytes);
  if (!(result instanceof Sequence)) return { is: "unknown" };
  const [type, wrapped] = result.valueBlock.value;
  if (!(type instanceof ObjectIdentifier) || !(wrapped instanceof Constructed)) return { is: "unknown" };
  const kind = type.valueBlock.toString();
  if (ENVELOPED.has(kind)) return { is: "encrypted" };
  const signed = wrapped.valueBlock.value[0];
  if (kind !== SIGNED_DATA || !(signed instanceof Sequence)) return { is: "unknown" };
  // SignedData: version, digestAlgorithms, encapContentInfo { eContentType, [0] eContent }
  const encapsulated = signed.valueBlock.value[2];
  if (!(encapsulated instanceof Sequence)) return { is: "unknown" };
  const tagged = encapsulated.valueBlock.value[1];
  const content = tagged instanceof Constructed ? tagged.valueBlock.value[0] : undefined;
  return content instanceof OctetString
    ? { is: "signed", content: Buffer.from(content.getValue()) }
    : { is: "unknown" };
}

function readBer(bytes: Buffer) {
  try {
    const { result, offset } = fromBER(bytes);
    return offset === -1 ? undefined : result;
  } catch {
    // The library answers most damage with -1, and throws for some.
    return undefined;
  }
}
