import { describe, expect, test } from "vitest";
import { foldMail } from "../../bridges/email/fold/fold-mail.ts";
import { foldText, readText } from "../../bridges/email/fold/fold-text.ts";
import { unwrap } from "../../bridges/email/fold/unwrap.ts";

const JANE = "Jane Doe <jane@example.org>";

describe("intros, as mail programs write them", () => {
  test.each([
    `On Mon, 3 Dec 2019 at 10:15, ${JANE} wrote:`,
    `On Tuesday, December 3rd, 2019 at 10:15 AM, ${JANE} wrote:`,
    "On Mon, 3 Dec 2019 at 10:15, Jane Doe <\njane@example.org> wrote:",
    `On Mon, 3 Dec 2019 at 10:15, ${JANE}\nwrote:`,
    "On Tue, Apr 11, 2017 at 10:07 PM Jane Doe\n\n<\nmailto:jane@example.org\n> wrote:",
    `---- On Tue, 03 Dec 2019 10:15:20 +0100 ${JANE} wrote ----`,
    "---- Jane Doe wrote ----",
    "On 3 Dec 2019 10:15, Jane Doe wrote:",
    `Le mar. 3 déc. 2019 à 10:15, ${JANE} a écrit :`,
    `Am Di., 3. Dez. 2019 um 10:15 Uhr schrieb ${JANE}:`,
    `${JANE} schrieb am Di., 3. Dez. 2019, 10:15:`,
    `${JANE} hat am 3. Dezember 2019 um 10:15 geschrieben:`,
    `El mar., 3 dic. 2019 a las 10:15, Jane Doe (<jane@example.org>) escribió:`,
    `Em ter., 3 de dez. de 2019 às 10:15, ${JANE} escreveu:`,
    `Il giorno mar 3 dic 2019 alle ore 10:15 ${JANE} ha scritto:`,
    `Op di 3 dec. 2019 om 10:15 schreef ${JANE}:`,
    `Op 3 dec. 2019, om 10:15 heeft ${JANE} het volgende geschreven:`,
    `Den tirs. 3. dec. 2019 kl. 10.15 skrev ${JANE}:`,
    `tir. 3. des. 2019 kl. 10:15 skrev ${JANE}:`,
    `Den tis 3 dec. 2019 kl 10:15 skrev ${JANE}:`,
    "ti 3. jouluk. 2019 klo 10.15 Jane Doe (jane@example.org) kirjoitti:",
    `wt., 3 gru 2019 o 10:15 ${JANE} napisał(a):`,
    "W dniu 3.12.2019 o 10:15, Jane Doe pisze:",
    `út 3. 12. 2019 v 10:15 odesílatel ${JANE} napsal:`,
    `ut 3. 12. 2019 o 10:15 ${JANE} napísal(a):`,
    `${JANE} ezt írta (időpont: 2019. dec. 3., K, 10:15):`,
    `mar., 3 dec. 2019 la 10:15, ${JANE} a scris:`,
    `3 дек. 2019 г., в 10:15, ${JANE} написал(а):`,
    `Вторник, 3 декабря 2019, 10:15 +03:00 от ${JANE}:`,
    `На вт, 3.12.2019 г. в 10:15 ${JANE} написа:`,
    `вт, 3 груд. 2019 р. о 10:15 ${JANE} пише:`,
    `Στις Τρί, 3 Δεκ 2019 στις 10:15 π.μ., ο/η ${JANE} έγραψε:`,
    `${JANE}, 3 Ara 2019 Sal, 10:15 tarihinde şunu yazdı:`,
    `uto, 3. pro 2019. u 10:15 ${JANE} napisao je:`,
    `V V tor., 3. dec. 2019 ob 10:15 je oseba ${JANE} napisala:`,
    `Kuupäev T, 3. detsember 2019 kell 10:15 kirjutas ${JANE}:`,
    `otrd., 2019. g. 3. dec., plkst. 10:15 — lietotājs Jane Doe (<jane@example.org>) rakstīja:`,
    `2019-12-03, an, 10:15 ${JANE} rašė:`,
    `El dt., 3 de des. 2019, 10:15, ${JANE} va escriure:`,
    `þri., 3. des. 2019 kl. 10:15 skrifaði ${JANE}:`,
    `2019年12月3日(火) 10:15 ${JANE}:`,
    `${JANE} 于2019年12月3日周二 上午10:15写道：`,
    `2019년 12월 3일 (화) 오전 10:15, ${JANE}님이 작성:`,
    `في الثلاثاء، 3 ديسمبر 2019 في 10:15 ص كتب ${JANE}:`,
    `בתאריך יום ג׳, 3 בדצמ׳ 2019 ב-10:15 מאת ${JANE}:`,
    `Vào Th 3, 3 thg 12, 2019 vào lúc 10:15 ${JANE} đã viết:`,
    `Pada tanggal Sel, 3 Des 2019 pukul 10.15 ${JANE} menulis:`,
    `03.12.2019, 10:15, "Jane Doe" <jane@example.org>:`,
  ])("%s", (intro) => {
    expect(foldText(`My answer.\n\n${intro}\n\n> quoted`).visible).toBe("My answer.");
    // Programs that mark nothing: all below is the answered mail.
    expect(foldText(`My answer.\n\n${intro}\n\nquoted\n\nmore`).visible).toBe("My answer.");
  });

  test("one that shares its line with the answer", () => {
    expect(foldText("Yes On Wed, Apr 4, 2012 at 3:59 PM, jane@example.org wrote:\n> Hi").visible).toBe("Yes");
  });
});

describe("heads of answered mails", () => {
  const head = (from: string, sent: string, to: string, subject: string) =>
    `${from}: ${JANE}\n${sent}: 3.12.2019 10:15\n${to}: Town Hall\n${subject}: Permit`;
  test.each([
    ["English", head("From", "Sent", "To", "Subject")],
    ["German", head("Von", "Gesendet", "An", "Betreff")],
    ["French", head("De ", "Envoyé ", "À ", "Objet ")],
    ["Spanish", head("De", "Enviado el", "Para", "Asunto")],
    ["Italian", head("Da", "Inviato", "A", "Oggetto")],
    ["Portuguese", head("De", "Enviado", "Para", "Assunto")],
    ["Dutch", head("Van", "Verzonden", "Aan", "Onderwerp")],
    ["Danish", head("Fra", "Sendt", "Til", "Emne")],
    ["Swedish", head("Från", "Skickat", "Till", "Ämne")],
    ["Finnish", head("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe")],
    ["Polish", head("Od", "Wysłano", "Do", "Temat")],
    ["Czech", head("Od", "Odesláno", "Komu", "Předmět")],
    ["Slovak", head("Od", "Odoslané", "Komu", "Predmet")],
    ["Hungarian", head("Feladó", "Elküldve", "Címzett", "Tárgy")],
    ["Romanian", head("De la", "Trimis", "Către", "Subiect")],
    ["Russian", head("От", "Отправлено", "Кому", "Тема")],
    ["Ukrainian", head("Від", "Надіслано", "Кому", "Тема")],
    ["Bulgarian", head("От", "Изпратено", "До", "Относно")],
    ["Greek", head("Από", "Στάλθηκε", "Προς", "Θέμα")],
    ["Turkish", head("Kimden", "Gönderildi", "Kime", "Konu")],
    ["Croatian", head("Šalje", "Poslano", "Prima", "Predmet")],
    ["Slovene", head("Od", "Poslano", "Za", "Zadeva")],
    ["Estonian", head("Saatja", "Saadetud", "Adressaat", "Teema")],
    ["Latvian", head("No", "Nosūtīts", "Kam", "Tēma")],
    ["Lithuanian", head("Nuo", "Išsiųsta", "Kam", "Tema")],
    ["Chinese", head("发件人", "发送时间", "收件人", "主题")],
    ["Japanese", head("差出人", "送信日時", "宛先", "件名")],
    ["Korean", head("보낸 사람", "보낸 날짜", "받는 사람", "제목")],
    ["Arabic", head("من", "تاريخ الإرسال", "إلى", "الموضوع")],
    ["Hebrew", head("מאת", "נשלח", "אל", "נושא")],
    ["bold", head("*From", "*Sent", "*To", "*Subject").replaceAll(":", ":*")],
    ["spaced out", head("From", "Sent", "To", "Subject").replaceAll("\n", "\n\n")],
    ["below a rule", `________________________________\n${head("From", "Sent", "To", "Subject")}`],
    ["without addresses", "From: Doe, Jane\nSent: Monday\nTo: Town Hall\nSubject: Permit"],
    ["below a separator", `-----Ursprüngliche Nachricht-----\n${head("Von", "Gesendet", "An", "Betreff")}`],
    ["with a broken subject", "From: jane@example.org\nSubject: A permit for\na house\nTo: town@example.org"],
  ])("%s", (_name, block) => expect(foldText(`My answer.\n\n${block}\n\nquoted`).visible).toBe("My answer."));

  test.each([
    "-----Original Message-----",
    "----- Message d'origine -----",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "----- Исходное сообщение -----",
    "------------------ 原始邮件 ------------------",
    "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
  ])("%s", (separator) => expect(foldText(`My answer.\n\n${separator}\n\nquoted`).visible).toBe("My answer."));
});

describe("signatures and footers", () => {
  test.each([
    ["a delimiter", "-- \nJane Doe\nHead of Nothing\n+41 79 000 00 00"],
    ["a dash", "—\nJane Doe"],
    ["a rule above a card", "----------\nJane Doe\nHead of Nothing"],
    ["English", "Sent from my iPhone"],
    ["German", "Von meinem Samsung Galaxy Smartphone gesendet."],
    ["French", "Envoyé de mon iPhone"],
    ["Spanish", "Enviado desde mi iPad"],
    ["Portuguese", "Enviado do meu iPhone"],
    ["Italian", "Inviato da iPhone"],
    ["Dutch", "Verstuurd vanaf mijn iPhone"],
    ["Danish", "Sendt fra min iPhone"],
    ["Swedish", "Skickat från min iPhone"],
    ["Finnish", "Lähetetty iPhonesta"],
    ["Polish", "Wysłane z iPhone'a"],
    ["Czech", "Odesláno z iPhonu"],
    ["Hungarian", "Az iPhone-omról küldve"],
    ["Romanian", "Trimis de pe iPhone-ul meu"],
    ["Russian", "Отправлено с iPhone"],
    ["Greek", "Στάλθηκε από το iPhone μου"],
    ["Turkish", "iPhone'umdan gönderildi"],
    ["Chinese", "发自我的iPhone"],
    ["Japanese", "iPhoneから送信"],
    ["Korean", "나의 iPhone에서 보냄"],
    ["Outlook", "Get Outlook for iOS<https://example.org/ios>"],
    ["a disclaimer", `This e-mail is confidential and meant for the addressee alone. ${"Words. ".repeat(9)}`],
    [
      "a German disclaimer",
      "Diese E-Mail ist vertraulich. Wenn Sie nicht der richtige Adressat sind, bitte löschen Sie sie.",
    ],
    ["a scanner", "________________\nThis email has been checked for viruses by a scanner.\nwww.example.org"],
    ["several", "Sent from my iPhone\n\n-- \nJane\n\nPlease consider the environment before printing this mail."],
  ])("%s", (_name, end) => {
    expect(foldText(`My words.\n\n${end}`).visible).toBe("My words.");
    expect(foldText(`My words.\n\n${end}\n\nOn 3 Dec 2019, 10:15, ${JANE} wrote:\n> q`).visible).toBe("My words.");
  });

  test("contacts below the sender's own name, when it is known", () => {
    const text = "My words.\n\nKind regards\nJane Doe\nHead of Nothing\njane@example.org\n+41 79 000 00 00";
    expect(foldMail({ text, isAnswer: false, sender: "Jane Doe" })?.text).toBe("My words.\n\nKind regards\nJane Doe");
    expect(foldMail({ text, isAnswer: false, sender: "John" })).toBeUndefined();
    const invited = text.replace("My words.\n\nKind regards", "Call me at:\n");
    expect(foldMail({ text: invited, isAnswer: false, sender: "Jane Doe" })).toBeUndefined();
  });
});

describe("the writer's own words stay", () => {
  test.each([
    ["an office that wrote", 'On 3 May 2024 at 10:15 your office wrote:\n\n"You must pay."\n\nI have.'],
    [
      "a colleague who wrote",
      "Am 3. Mai 2024 um 10:15 schrieb mir Ihre Kollegin Folgendes:\n\nEs fehlt etwas.\n\nNein.",
    ],
    ["a policeman who wrote", "Bonjour\n\nLe 3 mars à 14h30 le policier a écrit :\n\n« Partez »\n\nJe conteste."],
    ["their own letter", "On 3 May at 10:00 I wrote:\n\nPlease help.\n\nNobody did."],
    ["a move", "I move.\n\nFrom: 12 Old Street\nTo: 5 New Road\nDate: 1 June\n\nPlease confirm."],
    [
      "a letter that they cite",
      "See:\n\nFrom: Tax office\nDate: 3 May\nSubject: Debt\n\nYou owe 300.\n\nThis is wrong!",
    ],
    ["an appointment", "Invitation:\n\nDate: 3.5.\nTime: 10:15\nAddress: 5 Road\n\nBring your passport."],
    ["a rule between two parts", "Part one.\n\n----------\n\nPart two is prose. It goes on."],
    ["data below a rule", "My data:\n\n----------\nAnna Muster\n756.1234.5678.97\nBern\nSwitzerland"],
    ["an afterthought below a delimiter", "Hello.\n\n--\nP.S. My number is 12345."],
    ["a long letter below a delimiter", `Hello.\n\n--\n${"A sentence that means something.\n".repeat(25)}`.trim()],
    ["a post that was sent", "Sent from my old address to you last week.\n\nRegards"],
    ["a device in a sentence", "Von meinem Mann weiß ich, dass Outlook für iOS\n\nnicht geht."],
    ["words that are confidential", "My complaint is confidential.\n\nThank you"],
    ["a table", "Table:\n\n| a | b |\n| 1 | 2 |\n\nBye."],
    ["code", "See:\n\n```\n# not a rule\n####\n--\ncode\n```\n\nEnd."],
    ["a quote and an answer", "> Was it you?\n\nIt was."],
    ["nothing but a quote", "> Was it you?"],
  ])("%s", (_name, text) => {
    expect(foldText(text).visible).toBe(text);
    expect(foldMail({ text, isAnswer: true })).toBeUndefined();
  });

  const intro = `On Mon, 3 Dec 2019 at 10:15, ${JANE} wrote:`;
  test("below the quote", () => expect(foldText(`${intro}\n> One?\n\nYes.`).visible).toBe("Yes."));
  test("on both sides of it", () =>
    expect(foldText(`Hello\n\n${intro}\n> One?\n\nYes.`).visible).toBe("Hello\n\nYes."));
  test("point by point, with the points", () =>
    expect(foldText(`${intro}\n> One?\n\nYes.\n\n> Two?\n\nNo.\n\n> Bye`).visible).toBe(
      "> One?\n\nYes.\n\n> Two?\n\nNo.",
    ));
  test("a long answer below a quote, with the quote", () => {
    const answer = "A line.\n".repeat(8).trim();
    expect(foldText(`Hello\n\n${intro}\n> One?\n${answer}`).visible).toBe(`Hello\n\n> One?\n${answer}`);
  });
  test("a mail that they show", () => {
    const text = `Hello\n\nI got this:\n\n${intro}\n> Pay!\n\nMust I?`;
    expect(foldMail({ text, isAnswer: true })).toBeUndefined();
  });
  test("below an intro without marks and words above it", () =>
    expect(foldText(`${intro}\n\nWho knows whose words.`).visible).toBe("Who knows whose words."));
});

describe("forwards", () => {
  const head = `From: ${JANE}\nDate: 3 Dec 2019\nSubject: Permit for\na house\nTo: town@example.org`;
  const forward = `---------- Forwarded message ----------\n${head}\n\nInner words.`;

  test("stay in sight below the sender's words, and above their signature", () => {
    expect(foldMail({ text: `See below.\n\n${forward}`, isAnswer: true })).toBeUndefined();
    expect(foldMail({ text: `See below.\n\n-- \nJohn\n\n${forward}`, isAnswer: true })?.text).toBe(
      `See below.\n\n${forward.replace("for\na house", "for a house")}`,
    );
  });
  test("lose the quote marks of Apple's", () => {
    const marked = forward.replaceAll(/^/gm, "> ").replace(/^> -.*/, "Begin forwarded message:\n");
    expect(foldMail({ text: `See.\n\n${marked}\n\nSent from my iPad`, isAnswer: false })?.text).toMatch(
      /^See\.\n\nBegin forwarded message:\nFrom: Jane[^>]*>\n[^>]*\n\nInner words\.$/,
    );
  });
  test("are told by the subject where below the words nothing tells them", () => {
    const text = `See below.\n\n-- \nJohn\n\n________________\nFrom: ${JANE}\nSent: Monday\nTo: x\nSubject: Permit\n\nInner.`;
    expect(foldMail({ text, isAnswer: true, subject: "RE: Permit" })?.text).toBe("See below.");
    expect(foldMail({ text, isAnswer: true, subject: "WG: Permit" })?.text).toMatch(/Inner\.$/);
    expect(foldMail({ text, isAnswer: false, subject: "Permit" })?.text).toMatch(/Inner\.$/);
  });
  test("are taken apart", () => {
    const read = readText(`See.\n\n${forward}`);
    expect(read && unwrap(read.lines, read.parts)).toEqual({
      type: "forward",
      top: "See.",
      bottom: "",
      whole: `${head}\n\nInner words.`,
      text: "Inner words.",
      fields: { from: JANE, date: "3 Dec 2019", subject: "Permit for a house", to: "town@example.org" },
    });
  });
});

test("what is hidden is told, and nothing is lost between both", () => {
  const text = `My answer.\n\n-- \nJane\n\nOn 3 Dec 2019 at 10:15, ${JANE} wrote:\n> q`;
  const { visible, hidden } = foldText(text);
  expect([visible, ...hidden].join("\n").replace(/\s+/g, " ")).toBe(text.replace(/\s+/g, " "));
});

test("a mail of which nothing would be left is shown whole", () => {
  expect(foldMail({ text: `On 3 Dec 2019 at 10:15, ${JANE} wrote:\n> q`, isAnswer: true })).toBeUndefined();
  expect(foldMail({ text: "Sent from my iPhone", isAnswer: false })).toBeUndefined();
  expect(foldMail({ text: "", isAnswer: false })).toBeUndefined();
});
