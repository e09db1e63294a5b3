// The API of the gateway: questions, changes, and watches that tell when something changes.

const BASE = "/api/v1";
let session = null;

export class ApiError extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.fix = error.fix;
  }
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(BASE + path, {cache: "no-store", ...options});
  } catch {
    throw new ApiError(0, {code: "gateway_unreachable", message: "the gateway does not answer", fix: null});
  }
  let body;
  try {
    body = await response.json();
  } catch {
    throw new ApiError(response.status, {code: "bad_answer", message: `the gateway answered ${response.status}`});
  }
  if (!response.ok) throw new ApiError(response.status, body.error);
  return body;
}

export function get(path) {
  return ask(path);
}

export async function get_session() {
  session ??= await ask("/session");
  return session;
}

export async function post(path, body = {}) {
  const {csrf_token} = await get_session();
  const options = {method: "POST", body: JSON.stringify(body)};
  try {
    return await ask(path, {...options, headers: {"Content-Type": "application/json", "X-CSRF-Token": csrf_token}});
  } catch (error) {
    if (error.code === "csrf_token") session = null;  // the gateway has started again
    throw error;
  }
}

export async function login(token) {
  session = null;
  await ask("/login", {method: "POST", body: JSON.stringify({token}), headers: {"Content-Type": "application/json"}});
}

// The streams that are open. A browser keeps pages that were left, to show them again, and has only a few connections for
// one host, which the streams of these pages would take: opening a page then took a minute.
const sources = new Set();
addEventListener("pagehide", () => sources.forEach((source) => source.close()));
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Calls show(answer) now and after each change, and fail(error) while there is no answer. Returns a function that ends
// the watch. Streams stay open across restarts of broker and gateway.
export function watch(path, show, fail) {
  const source = new EventSource(`${BASE}${path}${path.includes("?") ? "&" : "?"}watch=1`);
  sources.add(source);
  const link = document.getElementById("link");
  const say = (text, lost) => {
    link.textContent = text;
    link.classList.toggle("lost", lost);
  };
  source.onopen = () => say("live", false);
  source.onmessage = (event) => {
    say("live", false);
    show(JSON.parse(event.data));
  };
  source.addEventListener("failure", (event) => {
    const {error} = JSON.parse(event.data);
    say(error.code === "broker_unreachable" ? "broker away" : "no answer", true);
    fail?.(new ApiError(503, error));
  });
  source.onerror = () => {
    const is_refused = source.readyState === EventSource.CLOSED;
    say(is_refused ? "not live" : "connecting again", true);
    if (is_refused) get(path).then(show, fail);  // says why
  };
  return () => {
    source.close();
    sources.delete(source);
    say("", false);
  };
}

export const segment = encodeURIComponent;
