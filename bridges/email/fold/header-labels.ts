import { phrases } from "./phrase-list.ts";

/** What a line of a quoted mail's head tells. */
export type HeaderKind = "from" | "date" | "to" | "cc" | "subject" | "replyTo" | "other";

/** Labels of such lines in mail programs, per language as the programs' translations have them; matched in lower case. */
export const HEADER_LABELS: Readonly<Record<HeaderKind, readonly string[]>> = {
  from: phrases(`
    From | Von | De | Da | Van | Fra | Från | Frá | Lähettäjä | Od | Feladó | De la | Expéditeur |
    Remitente | Remetente | Mittente | Absender | Afzender | Afsender | Avsender | Avsändare | Nadawca |
    Odesílatel | Odosielateľ | Od koho | Pošiljatelj | Šalje | Saatja | Kellelt | No | Sūtītājs | Nuo |
    Siuntėjas | От | От кого | Отправитель | Від | Від кого | Відправник | Подател | Од | Από | Αποστολέας |
    Kimden | Gönderen | Nork | Igorlea | Remitent | Vum | Oddiwrth | Ó | Mibgħut minn | Minn |
    发件人 | 寄件者 | 寄件人 | 发送人 | 發件人 | 差出人 | 送信者 | 보낸 사람 | 보낸사람 | 발신 |
    من | المرسل | מאת | از | فرستنده | Từ | Người gửi | Dari | Daripada | จาก | ผู้ส่ง | प्रेषक | द्वारा
  `),
  date: phrases(`
    Sent | Date | Sent at | Date sent | Gesendet | Datum | Gesendet am | Envoyé | Envoyé le | Date d'envoi |
    Enviado | Enviado el | Enviado em | Enviada em | Fecha | Fecha de envío | Data | Data de envio | Inviato |
    Data invio | Inviato il | Verzonden | Verzonden op | Sendt | Dato | Sendt dato | Skickat | Skickades |
    Lähetetty | Päivämäärä | Pvm | Päiväys | Wysłano | Wysłane | Data wysłania | Odesláno | Odoslané |
    Odoslaná | Dátum | Elküldve | Küldve | Küldés ideje | Trimis | Trimis la | Expediat | Отправлено |
    Дата | Дата отправки | Изпратено | Надіслано | Відправлено | Послато | Датум | Στάλθηκε | Εστάλη |
    Ημερομηνία | Gönderildi | Tarih | Gönderme Tarihi | Gönderim | Gönderim Tarihi | Poslano | Saadetud |
    Kuupäev | Nosūtīts | Datums | Išsiųsta | Sent on | Bidalia | Enviat | Anfonwyd | Dyddiad | Dagsetning |
    发送时间 | 發送時間 | 日期 | 发送日期 | 傳送時間 | 时间 | 送信日時 | 日付 | 日時 | 送信 | 보낸 날짜 | 날짜 | 보냄 | 일시 |
    تاريخ الإرسال | التاريخ | تم الإرسال | נשלח | תאריך | تاریخ | ارسال | Đã gửi | Ngày | Gửi | Dikirim |
    Terkirim | Tanggal | Tarikh | วันที่ | ส่ง | दिनांक | भेजा गया
  `),
  to: phrases(`
    To | An | À | A | Para | Aan | Naar | Til | Till | Vastaanottaja | Do | Komu | Pre | Címzett |
    Către | Catre | Destinatario | Destinatário | Destinataire | Empfänger | Geadresseerde | Modtager |
    Mottaker | Mottagare | Adresat | Příjemce | Príjemca | Za | Prima | Primatelj | Saaja | Kellele |
    Kam | Adresāts | Gavėjas | Кому | Получатель | До | Отримувач | За | Προς | Παραλήπτης | Kime | Alıcı |
    Nori | Hartzailea | Un | At | Viðtakandi | 收件人 | 收件者 | 宛先 | 받는 사람 | 받는사람 | 수신 |
    إلى | المستلم | אל | נמען | به | گیرنده | Đến | Tới | Người nhận | Kepada | Untuk | ถึง | प्रति
  `),
  cc: phrases(`
    Cc | Bcc | Kopie | Kopie (CC) | Copie | Copie à | Copia | Cópia | Kopi | Kopia | Kopio | DW | UDW |
    Kópia | Másolat | Másolatot kap | Копия | Копія | Копие | Κοιν | Κοιν. | Κοινοποίηση | Bilgi |
    Koopia | Kópija | Kopija | 抄送 | 副本 | 密件抄送 | 참조 | نسخة | نسخة إلى | עותק | رونوشت | สำเนา | Cópia para
  `),
  subject: phrases(`
    Subject | Betreff | Betrifft | Objet | Sujet | Asunto | Assunto | Oggetto | Onderwerp | Emne | Ämne |
    Aihe | Temat | Předmět | Věc | Predmet | Vec | Tárgy | Subiect | Тема | Относно | Предмет | Наслов |
    Θέμα | Konu | Naslov | Zadeva | Teema | Temats | Tēma | Tema | Assumpte | Gaia | Efni | Pwnc | Ábhar |
    主题 | 主題 | 主旨 | 标题 | 標題 | 件名 | 제목 | الموضوع | נושא | موضوع | Chủ đề | Tiêu đề | Perihal |
    Subjek | Subyek | Hal | เรื่อง | หัวเรื่อง | विषय
  `),
  replyTo: phrases(`
    Reply-To | Reply To | Antwort an | Antwort-An | Répondre à | Responder a | Rispondi a | Risposta |
    Antwoord aan | Antwoorden aan | Svar til | Svara till | Svar til | Odpowiedź do | Odpowědět komu |
    Ответить | Kome odgovoriti | Yanıtla | 回复 | 返信先
  `),
  other: phrases(`
    Importance | Priority | Sensitivity | Attachments | Attachment | Organization | Organisation |
    Wichtigkeit | Priorität | Anlagen | Anhänge | Pièces jointes | Importanza | Allegati | Importancia |
    Datos adjuntos | Anexos | Bijlagen | Urgentie | Vedhæftede filer | Vedlegg | Bifogade filer | Załączniki |
    Přílohy | Prílohy | Вложения | Message-ID | 附件 | 重要性 | 添付ファイル | 첨부 파일 | User-Agent | X-Mailer
  `),
};
