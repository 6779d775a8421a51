import { connect as connectPlain, isIP } from "node:net";
import { connect as connectTls } from "node:tls";

/** Looks whether a gateway that was lost can be reached again, so that health does not wait for the next answer to a citizen. */
export interface OutageWatch {
  /** The gateway was lost; begins to look. */
  begin(): void;
  /** It is there again, or nobody wants to know any more. */
  end(): void;
}

const FIRST_LOOK = 1_000;
const LONGEST_PAUSE = 60_000;
const CONNECT_TIMEOUT = 10_000;

/** @param onReached called once for each outage that is found to be over. */
export function watchOutage(url: URL, ca: () => string | undefined, onReached: () => void): OutageWatch {
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const look = (pause: number) => {
    timer = setTimeout(async () => {
      const mine = timer;
      const isReached = await canConnect(url, ca());
      if (timer !== mine) return;
      if (!isReached) return look(Math.min(pause * 2, LONGEST_PAUSE));
      end();
      onReached();
    }, pause);
    timer.unref();
  };
  return {
    begin: () => {
      if (timer === undefined) look(FIRST_LOOK);
    },
    end,
  };
}

function canConnect({ protocol, hostname, port }: URL, ca: string | undefined): Promise<boolean> {
  const isTls = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const place = { host, port: Number(port) || (isTls ? 443 : 80) };
  return new Promise((resolve) => {
    const socket = isTls
      ? connectTls({ ...place, ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }) })
      : connectPlain(place);
    const settle = (isReached: boolean) => {
      socket.destroy();
      resolve(isReached);
    };
    socket.setTimeout(CONNECT_TIMEOUT, () => settle(false));
    socket.once(isTls ? "secureConnect" : "connect", () => settle(true));
    socket.on("error", () => settle(false));
  });
}
