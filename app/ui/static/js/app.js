// Puts the frame and the pages together: the only module that knows all of them.

import { api } from "./api.js";
import { Feed } from "./feed.js";
import { frame } from "./frame.js";
import { Live } from "./live.js";
import { connect } from "./pages/connect.js";
import { log } from "./pages/log.js";
import { overview } from "./pages/overview.js";
import { requests } from "./pages/requests.js";
import { sessions } from "./pages/sessions.js";
import { settings } from "./pages/settings.js";
import { tryIt } from "./pages/try_it.js";
import { welcome } from "./pages/welcome.js";
import { Router } from "./router.js";

const pages = { overview, requests, sessions, connect, try: tryIt, log, settings, welcome };
const live = new Live();
const feed = new Feed(live);
const place = document.getElementById("main");
const router = new Router(place, pages, { api, feed, live });

await feed.now(); // whoever isn't let in sees the page that asks for the code, and nothing of this one
frame(document.getElementById("side"), { router, pages, live });
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the part after # names pages here
  place.focus();
});
live.start();
router.start();
