import type { Bridge, Draft, Preview } from "../../src/adapter/index.ts";
import * as sentences from "../../src/conformance/sentences.ts";
import { alter, type Flaw } from "./alter-bridge.ts";

const alterPreview = (title: string, preview: (pass: (draft: Draft) => Preview, draft: Draft) => Preview): Flaw =>
  alter(sentences.PREVIEW_IS_PURE, title, (bridge: Bridge) => ({
    ...bridge,
    preview: (draft) => preview((same) => bridge.preview?.(same) ?? { parts: 1 }, draft),
  }));

let asked = 0;

/** Bridges that tell agents something that does not hold. */
export const previewFlaws: readonly Flaw[] = [
  alterPreview("says something else each time", (pass, draft) => {
    asked += 1;
    return { ...pass(draft), remarks: [`Asked ${asked} times.`] };
  }),
  alterPreview("counts half parts", (pass, draft) => ({ ...pass(draft), parts: draft.text.length / 160 })),
  alterPreview("names no currency", (pass, draft) => ({ ...pass(draft), cost: { amount: 1, currency: "€" } })),
  alterPreview("makes long texts cheaper", (_pass, draft) => ({
    parts: 1 + Math.floor(1_000 / (draft.text.length + 1)),
  })),
];
