"use strict";

/** Whether a request comes from the page of this server, or from no page at all: browsers say which, others don't. */
function isSameOrigin({ headers: { origin, host } }) {
  return origin === undefined || origin === `http://${host}`;
}

module.exports = { isSameOrigin };
