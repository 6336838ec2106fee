// A phone in a browser: JsSIP and the browser's own WebRTC. The driver calls what hangs at
// `window.phone`, and hears of everything that happens through `window.told`.
import JsSIP from "jssip";

const told = (what, more = {}) => window.told({ browser: what, ...more });
const rtc = { pcConfig: { iceServers: [] } };

let agent = null;
let session = null;
let ears = null;

function watch(it) {
  session = it;
  ears = null;
  const on = (name, more = () => ({})) => it.on(name, (e) => told(name, more(e)));
  const end = (e) => ({ originator: e.originator, cause: e.cause, status: e.message?.status_code });
  on("progress", (e) => ({ status: e.response?.status_code }));
  on("accepted", (e) => ({ originator: e.originator }));
  on("confirmed", (e) => ({ originator: e.originator }));
  on("ended", end);
  on("failed", end);
  on("hold", (e) => ({ originator: e.originator }));
  on("unhold", (e) => ({ originator: e.originator }));
  on("reinvite");
  on("newInfo", (e) => ({ originator: e.originator, type: e.info?.contentType }));
  on("sdp", (e) => ({ originator: e.originator, type: e.type, sdp: e.sdp }));
  on("getusermediafailed", (e) => ({ why: String(e) }));
  on("peerconnection:setremotedescriptionfailed", (e) => ({ why: String(e) }));
  on("peerconnection:setlocaldescriptionfailed", (e) => ({ why: String(e) }));
  on("peerconnection:createofferfailed", (e) => ({ why: String(e) }));
  on("peerconnection:createanswerfailed", (e) => ({ why: String(e) }));
  const attach = (connection) => connection.addEventListener("track", () => listen(connection));
  if (it.connection) attach(it.connection);
  else it.on("peerconnection", (e) => attach(e.peerconnection));
}

// Shows the peer's picture and lets its voice be measured.
function listen(connection) {
  const tracks = connection.getReceivers().map((receiver) => receiver.track).filter(Boolean);
  document.getElementById("theirs").srcObject = new MediaStream(tracks.filter((t) => t.kind === "video"));
  const voice = tracks.find((t) => t.kind === "audio");
  if (!voice || ears?.id === voice.id) return;
  const stream = new MediaStream([voice]);
  // Chromium lets sound of a peer into WebAudio only when an element plays it, too.
  const element = new Audio();
  element.srcObject = stream;
  element.muted = true;
  element.play().catch(() => {});
  const context = new AudioContext({ sampleRate: 48000 });
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(stream).connect(analyser);
  ears = { id: voice.id, analyser, element, context };
}

function heard() {
  if (!ears) return { hz: 0, rms: 0 };
  const { analyser, context } = ears;
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(spectrum);
  const peak = spectrum.indexOf(Math.max(...spectrum));
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const rms = Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
  return { hz: (peak * context.sampleRate) / analyser.fftSize, rms };
}

// How much the pixels of the peer's picture differ from each other.
function variance() {
  const video = document.getElementById("theirs");
  if (!video.videoWidth) return { width: 0, height: 0, variance: 0 };
  const canvas = document.createElement("canvas");
  canvas.width = 64;
  canvas.height = 48;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 64, 48);
  const light = pen.getImageData(0, 0, 64, 48).data.filter((_, at) => at % 4 === 1);
  const mean = light.reduce((a, b) => a + b, 0) / light.length;
  const spread = light.reduce((a, b) => a + (b - mean) ** 2, 0) / light.length;
  return { width: video.videoWidth, height: video.videoHeight, variance: spread };
}

async function counts() {
  const found = { audioIn: 0, audioOut: 0, framesIn: 0, framesOut: 0, freezes: 0 };
  for (const report of (await session.connection.getStats()).values()) {
    if (report.type === "inbound-rtp" && report.kind === "audio") found.audioIn += report.packetsReceived;
    if (report.type === "outbound-rtp" && report.kind === "audio") found.audioOut += report.packetsSent;
    if (report.type === "inbound-rtp" && report.kind === "video") {
      found.framesIn += report.framesDecoded ?? 0;
      found.freezes += report.freezeCount ?? 0;
    }
    if (report.type === "outbound-rtp" && report.kind === "video") found.framesOut += report.framesSent ?? 0;
  }
  return found;
}

async function camera(on) {
  const { connection } = session;
  let way = connection.getTransceivers().find((it) => it.receiver.track.kind === "video");
  if (on) {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    const [track] = stream.getVideoTracks();
    if (way) {
      await way.sender.replaceTrack(track);
      way.direction = "sendrecv";
    } else {
      connection.addTrack(track, stream);
    }
  } else if (way) {
    way.sender.track?.stop();
    await way.sender.replaceTrack(null);
    way.direction = "recvonly";
  }
  session.renegotiate({}, () => told("renegotiated", { camera: on }));
}

const media = (video) => ({ mediaConstraints: { audio: true, video: video ? { width: 640, height: 480 } : false } });

window.phone = {
  signIn({ url, id, password }) {
    const socket = new JsSIP.WebSocketInterface(url);
    const { hostname } = new URL(url);
    agent = new JsSIP.UA({ sockets: [socket], uri: `sip:${id}@${hostname}`, password, register: true });
    agent.on("registered", () => told("registered"));
    agent.on("registrationFailed", (e) => told("registrationFailed", { cause: e.cause }));
    agent.on("newRTCSession", ({ originator, session: it }) => {
      if (session && !session.isEnded() && session !== it) {
        if (originator === "remote") it.terminate({ status_code: 486 });
        return;
      }
      watch(it);
      if (originator === "remote") {
        const hasVideo = /^m=video [1-9]/m.test(it._request.body ?? "");
        told("incoming", { from: it.remote_identity.uri.user, video: hasVideo });
      }
    });
    agent.start();
  },
  call({ to, video }) {
    agent.call(to, { ...rtc, ...media(video), rtcOfferConstraints: {} });
  },
  answer({ video }) {
    session.answer({ ...rtc, ...media(video) });
  },
  decline: () => session.terminate({ status_code: 603 }),
  hangUp: () => session.terminate(),
  hold: () => void session.hold({}, () => told("held")),
  resume: () => void session.unhold({}, () => told("resumed")),
  camera: ({ on }) => camera(on),
  async measure() {
    // Whoever waits for something asks again and again.
    await new Promise((done) => setTimeout(done, 50));
    const state = session?.connection?.connectionState;
    return { state, ...(await counts()), ...heard(), ...variance() };
  },
};
told("ready");
