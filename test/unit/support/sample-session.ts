import type { NaiveFrame } from "./naive-frames";

/** What the worker of the sample session in docs/protocol.md writes in one turn. */
export function sampleSession(): NaiveFrame[] {
  const main = { uid: "a1", nsp: "/" };
  const news = { uid: "a2", nsp: "/news" };
  const data = Buffer.from('{"requestId":"r1"}');
  return [
    {
      origin: main,
      rooms: ["vip", 7],
      except: ["s1"],
      volatile: false,
      compress: true,
      requestId: undefined,
      parts: ['2["hi"]'],
    },
    {
      origin: news,
      rooms: [],
      except: [],
      volatile: true,
      compress: undefined,
      requestId: "a2-0",
      parts: ['51-20["bin",{"_placeholder":true,"num":0}]', Buffer.of(1, 2)],
    },
    { origin: main, target: "b1", type: 10, data },
  ];
}
