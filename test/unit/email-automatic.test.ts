import { describe, expect, test } from "vitest";
import { classifyAutomatic, isVacationSubject } from "../../bridges/email/automatic.ts";
import { headerLines } from "../support/readable-mail.ts";

describe("kinds of automatic mail", () => {
  test.each([
    ["Content-Type: multipart/report; report-type=delivery-status;\n boundary=x", "bounce"],
    ['Content-Type: multipart/report; report-type="disposition-notification"', "receipt"],
    ["Content-Type: multipart/report; boundary=x; report-type=feedback-report", "feedback"],
    ["X-Failed-Recipients: anna@citizen.example", "bounce"],
    ["Return-Path: <>\nFrom: MAILER-DAEMON@relay.example", "bounce"],
    ["Auto-Submitted: auto-replied", "vacation"],
    ["Auto-Submitted: auto-generated", "notification"],
    ["Auto-Submitted: no\nSubject: hello", undefined],
    ["Precedence: auto_reply", "vacation"],
    ["X-Autoreply: yes", "vacation"],
    ["X-MS-Exchange-Inbox-Rules-Loop: anna@citizen.example", "vacation"],
    ["Subject: Réponse automatique : votre dossier", "vacation"],
    ["List-Id: <news.example>", "list"],
    ["List-Unsubscribe: <mailto:off@news.example>\nPrecedence: bulk", "list"],
    ["Precedence: list", "list"],
    ["Precedence: junk", "notification"],
    ["X-Auto-Response-Suppress: All", "notification"],
    ["X-Auto-Response-Suppress: DR, RN, NRN", undefined],
    ["From: Shop <no-reply@shop.example>", "notification"],
    ["From: ne-pas-repondre@impots.example", "notification"],
    ["From: Anna <anna@citizen.example>\nSubject: Street light", undefined],
    ["From: Norman Reply <norman@citizen.example>", undefined],
  ])("%j is %s", (head, kind) => expect(classifyAutomatic(headerLines(head), undefined)).toBe(kind));

  test("the envelope counts before the header", () => {
    expect(classifyAutomatic(headerLines("Return-Path: <>"), "anna@citizen.example")).toBeUndefined();
    expect(classifyAutomatic(headerLines("From: anna@citizen.example"), "")).toBe("notification");
  });

  test.each([
    "Automatic reply: Your file",
    "Re: [External] Out of Office: Your file",
    "AW: Automatische Antwort: Akte",
    "Abwesenheitsnotiz: Akte",
    "Respuesta automática: expediente",
    "Risposta automatica: pratica",
    "Automatisch antwoord: dossier",
    "Automatyczna odpowiedź: sprawa",
    "Автоматический ответ: дело",
    "自動応答: 書類",
    "自动回复：文件",
    "자동 회신: 서류",
    "رد تلقائي: ملف",
    "תשובה אוטומטית: תיק",
    "Otomatik Yanıt: dosya",
  ])("%s", (subject) => expect(isVacationSubject(subject)).toBe(true));
  test.each([
    "Absence de mon fils",
    "Office hours?",
    "Vacances scolaires",
    "Automatic gate is broken",
    "Re: your reply",
  ])("%s is written by hand", (subject) => expect(isVacationSubject(subject)).toBe(false));
});
