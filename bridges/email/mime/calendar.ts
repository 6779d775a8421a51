import ICAL from "ical.js";
import { type Language, say, type TextKey } from "../texts.ts";

/** In characters; and what one mail may announce. */
const LONGEST = 500_000;
const MOST_EVENTS = 10;
/** Ten years in seconds: the library counts beyond it day by day. */
const LONGEST_DURATION = 315_000_000;
const LONGEST_LINE = 500;
const LONGEST_DESCRIPTION = 5000;

/** Appointments of a text/calendar part in words (RFC 5545, RFC 5546). @returns undefined for what cannot be read. */
export function describeCalendar(text: string, method: string | undefined, language: Language): string | undefined {
  if (text.length > LONGEST) return undefined;
  try {
    // jCal of one calendar, or a list of several (RFC 7265, 3.2).
    const parsed: unknown[] = ICAL.parse(text.trim());
    const root = new ICAL.Component(Array.isArray(parsed[0]) ? parsed[0] : parsed);
    const kind = (textOf(root, "method") ?? method ?? "publish").toLowerCase();
    const events = [...root.getAllSubcomponents("vevent"), ...root.getAllSubcomponents("vtodo")].slice(0, MOST_EVENTS);
    return events.map((event) => describeEvent(event, kind, language)).join("\n\n") || undefined;
  } catch {
    return undefined;
  }
}

function describeEvent(event: ICAL.Component, kind: string, language: Language): string {
  const label = (key: TextKey, value: string | undefined) => (value ? [`${say(key, language)}: ${value}`] : []);
  const where = textOf(event, "location");
  const organiser = personOf(event.getFirstProperty("organizer"));
  const isRepeating = event.hasProperty("rrule") || event.hasProperty("rdate");
  const description = textOf(event, "description", LONGEST_DESCRIPTION)?.trim();
  return [
    `${say(titleOf(kind, event), language)}: ${textOf(event, "summary") ?? "—"}`,
    ...(kind === "reply" ? answersOf(event, language) : []),
    ...label("calendar.when", periodOf(event, language)),
    ...(isRepeating ? [say("calendar.repeats", language)] : []),
    ...label("calendar.where", where),
    ...label("calendar.organiser", organiser),
    ...(description && kind !== "reply" ? ["", description] : []),
  ].join("\n");
}

function titleOf(kind: string, event: ICAL.Component): TextKey {
  if (kind === "cancel" || textOf(event, "status")?.toUpperCase() === "CANCELLED") return "calendar.cancel";
  if (kind === "request" || kind === "reply" || kind === "counter") return `calendar.${kind}`;
  return "calendar.publish";
}

function answersOf(event: ICAL.Component, language: Language): string[] {
  return event
    .getAllProperties("attendee")
    .slice(0, MOST_EVENTS)
    .map((attendee) => {
      const answer = attendee.getFirstParameter("partstat")?.toLowerCase();
      const key = answer === "accepted" || answer === "declined" || answer === "tentative" ? answer : "needs-action";
      return `${personOf(attendee) ?? "?"} ${say(`calendar.${key}`, language)}`;
    });
}

function personOf(property: ICAL.Property | null): string | undefined {
  if (property === null) return undefined;
  const address = String(property.getFirstValue() ?? "").replace(/^mailto:/i, "");
  const name = property.getFirstParameter("cn");
  return oneLine(name && name !== address ? `${name} <${address}>` : address);
}

function periodOf(event: ICAL.Component, language: Language): string | undefined {
  const start = timeOf(event, "dtstart");
  const due = timeOf(event, "due");
  if (start === undefined) return due && sayTime(due, language);
  const duration = event.getFirstPropertyValue("duration");
  const end =
    timeOf(event, "dtend") ??
    due ??
    (duration instanceof ICAL.Duration && Math.abs(duration.toSeconds()) < LONGEST_DURATION
      ? addDuration(start, duration)
      : undefined);
  if (end === undefined) return sayTime(start, language);
  // The end of an all-day event is the day after it (RFC 5545, 3.6.1).
  const last = end.time.isDate ? { ...end, time: addDays(end.time, -1) } : end;
  if (start.time.isDate && last.time.compare(start.time) <= 0) return sayTime(start, language);
  return `${sayTime(start, language)} ${say("calendar.until", language)} ${sayTime(last, language, start)}`;
}

/** A time as it stands on the clock of its zone. */
interface ZonedTime {
  readonly time: ICAL.Time;
  readonly zone: string | undefined;
}

function timeOf(event: ICAL.Component, name: string): ZonedTime | undefined {
  const property = event.getFirstProperty(name);
  const time = property?.getFirstValue();
  if (!(time instanceof ICAL.Time)) return undefined;
  const zone = property?.getFirstParameter("tzid") ?? (time.zone === ICAL.Timezone.utcTimezone ? "UTC" : undefined);
  return { time, zone: zone && oneLine(zone) };
}

function addDuration({ time, zone }: ZonedTime, duration: ICAL.Duration): ZonedTime {
  const end = time.clone();
  end.addDuration(duration);
  return { time: end, zone };
}

function addDays(time: ICAL.Time, days: number): ICAL.Time {
  const moved = time.clone();
  moved.day += days;
  return moved;
}

function sayTime({ time, zone }: ZonedTime, language: Language, after?: ZonedTime): string {
  const clock = new Date(Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second));
  const isSameDay =
    after !== undefined && ["year", "month", "day"].every((unit) => unitOf(time, unit) === unitOf(after.time, unit));
  const format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: "UTC",
    ...(isSameDay ? {} : { dateStyle: "full" }),
    ...(time.isDate ? {} : { timeStyle: "short" }),
  });
  return `${format.format(clock)}${zone === undefined || after?.zone === zone ? "" : ` (${zone})`}`;
}

const unitOf = (time: ICAL.Time, unit: string) =>
  unit === "year" ? time.year : unit === "month" ? time.month : time.day;

function textOf(component: ICAL.Component, name: string, limit = LONGEST_LINE): string | undefined {
  const value = component.getFirstPropertyValue(name);
  if (value === null || value === undefined || value === "") return undefined;
  return limit === LONGEST_LINE ? oneLine(String(value)) : String(value).slice(0, limit);
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim().slice(0, LONGEST_LINE) || undefined;
