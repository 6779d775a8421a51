import { phrases } from "./phrase-list.ts";

/**
 * How mail programs announce a quote: "On Mon, Feb 1, 2016 at 6:32 PM, Jane <jane@example.org> wrote:".
 * `opens` stands before the date, `verb` after the name, `verbThenName` before it. Programs of some languages begin
 * with the date itself; those rows have no `opens`.
 */
interface IntroPhrases {
  readonly opens?: readonly string[];
  readonly verb?: readonly string[];
  readonly verbThenName?: readonly string[];
}

export const INTRO_PHRASES: Readonly<Record<string, IntroPhrases>> = {
  af: { opens: ["Op"], verb: ["geskryf", "het geskryf", "skryf"] },
  ar: {
    opens: ["في", "بتاريخ", "فى"],
    verb: ["كتب", "كتبت", "كتب ما يلي"],
    verbThenName: ["كتب", "كتبت", "كتابة ما يلي بواسطة"],
  },
  bg: { opens: ["На"], verb: ["написа", "писа"], verbThenName: ["написа"] },
  ca: { opens: ["El", "El dia"], verb: ["va escriure", "ha escrit", "escrigué"], verbThenName: ["va escriure"] },
  cs: { opens: ["Dne"], verb: ["napsal", "napsal(a)", "napsala", "napsal/a", "píše"], verbThenName: ["napsal(a)"] },
  cy: { opens: ["Ar"], verb: ["ysgrifennodd"], verbThenName: ["ysgrifennodd"] },
  da: { opens: ["Den", "D.", "Kl."], verb: ["skrev", "skrev følgende", "har skrevet"], verbThenName: ["skrev"] },
  de: {
    opens: ["Am", "Den", "Um"],
    verb: ["schrieb", "geschrieben", "schrieb folgendes", "hat geschrieben", "schreibt"],
    verbThenName: ["schrieb", "schrieb am"],
  },
  el: { opens: ["Στις", "Την", "Τη", "Το"], verb: ["έγραψε", "έγραψε τα εξής"], verbThenName: ["έγραψε", "ο χρήστης"] },
  en: { opens: ["On", "At", "In a message dated"], verb: ["wrote", "writes", "sent", "has written"] },
  eo: { opens: ["Je", "La"], verb: ["skribis"], verbThenName: ["skribis"] },
  es: {
    opens: ["El", "Con fecha", "A las", "En"],
    verb: ["escribió", "escribio", "ha escrito"],
    verbThenName: ["escribió"],
  },
  et: { opens: ["Kuupäeval"], verb: ["kirjutas"], verbThenName: ["kirjutas"] },
  eu: { verb: ["idatzi du", "igorleak hau idatzi du", "idatzi zuen"] },
  fa: { opens: ["در", "در تاریخ"], verb: ["نوشت", "نوشته است"] },
  fi: { verb: ["kirjoitti", "kirjoitti seuraavasti"] },
  fr: {
    opens: ["Le", "En date du", "En date de", "Dans un e-mail daté du"],
    verb: ["a écrit", "a ecrit", "écrivait", "écrit", "a envoyé"],
  },
  ga: { opens: ["Ar"], verb: ["scríobh"], verbThenName: ["scríobh"] },
  gl: { opens: ["O", "En"], verb: ["escribiu"], verbThenName: ["escribiu"] },
  he: { opens: ["בתאריך", "ביום", "ב-", "ב"], verb: ["כתב", "כתבה", "כתב/ה"], verbThenName: ["מאת", "כתב", "כתבה"] },
  hi: { opens: ["को"], verb: ["ने लिखा", "लिखा", "ने लिखा था"] },
  hr: { opens: ["Dana", "U"], verb: ["napisao je", "napisao", "napisala", "je napisao", "je napisao/la", "piše"] },
  hu: { verb: ["írta", "ezt írta", "a következőt írta"] },
  id: { opens: ["Pada", "Pada tanggal"], verb: ["menulis", "menulis:"] },
  is: { opens: ["Þann", "Á", "Hinn"], verb: ["skrifaði"], verbThenName: ["skrifaði"] },
  it: { opens: ["Il", "Il giorno", "In data", "Alle"], verb: ["ha scritto", "scrive", "scriveva"] },
  ja: {
    verb: ["のメール", "のメッセージ", "さんは書きました", "は書きました", "が書きました", "さんからのメッセージ"],
  },
  ko: { verb: ["작성", "님이 작성", "님이 씀", "님의 글", "썼습니다", "님이 쓴 글"] },
  lb: { opens: ["Den", "Um"], verb: ["geschriwwen", "huet geschriwwen"] },
  lt: { verb: ["rašė", "parašė", "rašo"] },
  lv: { verb: ["rakstīja", "raksta"] },
  mt: { opens: ["Fi", "Fil-"], verb: ["kiteb"] },
  nl: {
    opens: ["Op", "Per", "Om"],
    verb: ["schreef", "geschreven", "het volgende geschreven", "schreef het volgende"],
    verbThenName: ["schreef"],
  },
  no: { opens: ["Den", "På", "Kl."], verb: ["skrev", "skrev følgende"], verbThenName: ["skrev"] },
  pl: {
    opens: ["Dnia", "W dniu"],
    verb: ["napisał", "napisał(a)", "napisała", "pisze", "napisał/a", "użytkownik"],
    verbThenName: ["napisał", "użytkownik", "napisał(a)"],
  },
  pt: {
    opens: ["Em", "No dia", "Às", "A", "Dia", "Aos"],
    verb: ["escreveu", "escreveu o seguinte", "escreveu no dia"],
    verbThenName: ["escreveu"],
  },
  ro: { opens: ["În", "Pe", "La", "La data de", "In data de"], verb: ["a scris", "a scris următoarele", "scrie"] },
  ru: {
    opens: ["В", "От"],
    verb: ["написал", "написала", "написал(а)", "писал", "писала", "писал(а)", "пишет"],
    verbThenName: ["написал", "написал(а)", "пользователь", "от"],
  },
  sk: { opens: ["Dňa", "V"], verb: ["napísal", "napísal(a)", "napísala", "píše"], verbThenName: ["napísal(a)"] },
  sl: {
    opens: ["Dne", "V", "Dne:"],
    verb: ["je napisal", "je napisala", "je napisal/a", "je napisal(a)", "napisal/-a", "napisala", "piše"],
  },
  sr: { opens: ["Дана", "Dana"], verb: ["је написао", "је написао/ла", "је написала", "je napisao", "пише"] },
  sv: { opens: ["Den", "På", "Kl."], verb: ["skrev", "skrev följande"], verbThenName: ["skrev", "skrev följande"] },
  th: { opens: ["เมื่อ", "ใน", "วันที่"], verb: ["เขียน", "เขียนว่า", "ได้เขียน"] },
  tr: { verb: ["yazdı", "şunu yazdı", "şöyle yazdı", "şunları yazdı"] },
  uk: { verb: ["пише", "написав", "написала", "написав(ла)", "написав(-ла)", "писав"] },
  vi: { opens: ["Vào", "Vào lúc", "Ngày", "Lúc"], verb: ["đã viết", "viết", "đã viết:"] },
  zh: { opens: ["在", "于", "於"], verb: ["写道", "寫道", "写", "來信", "编写"] },
};

/** "Quoting Jane <jane@example.org>:", as webmail of the Horde family has it. */
export const QUOTING = phrases(`
  Quoting | Zitat von | Citando a | Citando | Citat från | Citat fra | Citaat van | Citazione di |
  Cytowanie | Wiadomość napisana przez | Citace od | Цитирую | 引用
`);

/** Where a writer tells of a letter of their own, no program speaks: "On 3 May at 10:00 I wrote:". */
export const FIRST_PERSON = phrases(`
  I | we | ich | wir | ik | wij | jag | vi | jeg | eg | io | yo | je | eu | ek | ég
`);
