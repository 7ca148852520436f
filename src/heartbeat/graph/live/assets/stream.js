// The connection to the program: what it says, and trying again when it is gone.

const FIRST = 1; // seconds until the next attempt, doubled each time
const LAST = 15;

export class Stream {
  constructor(picture, { onPicture, onState }) {
    this.picture = picture;
    this.onPicture = onPicture;
    this.onState = onState;
    this.wait = FIRST;
    this.state = "waiting";
  }

  open() {
    this.#become("waiting");
    const source = new EventSource("events");
    this.source = source;
    const on = (name, act) => source.addEventListener(name, (event) => {
      if (source !== this.source) return;
      try {
        act(JSON.parse(event.data));
      } catch (error) {
        // A picture does not fit the last one: start anew.
        console.warn(error);
        this.picture.version = 0;
        this.#lost();
      }
    });
    on("begin", (facts) => this.picture.begin(facts));
    on("rows", (rows) => this.picture.put(rows));
    on("patch", (changes) => this.picture.patch(changes));
    on("gone", (ids) => this.picture.remove(ids));
    on("end", (version) => {
      this.picture.end(version);
      this.wait = FIRST;
      this.#become("live");
      this.onPicture();
    });
    source.onerror = () => { if (source === this.source) this.#lost(); };
  }

  // Seconds until the next attempt.
  get left() {
    return Math.max(0, (this.again - performance.now()) / 1000);
  }

  #lost() {
    this.source.close();
    this.source = null;
    this.again = performance.now() + this.wait * 1000;
    setTimeout(() => this.open(), this.wait * 1000);
    this.wait = Math.min(LAST, this.wait * 2);
    this.#become("lost");
  }

  #become(state) {
    // While it tries again, it is still lost.
    if (state === "waiting" && this.state === "lost") return;
    this.state = state;
    this.onState(state);
  }
}
