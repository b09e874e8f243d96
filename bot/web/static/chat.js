/* The web chat's page: shows the conversation and sends what is typed or pressed until the server has taken it.
   Plain ES5 and XMLHttpRequest on purpose: it has to run on phones whose browser was last updated years ago. */
(function () {
  "use strict";

  var OFFLINE = "Mất mạng, đang gửi lại…";
  var DISCONNECTED = "Mất kết nối, đang nối lại…";
  var RECONNECTED = "Đã nối lại.";
  var KEPT_QUEUE = "cnscd-queue";
  var KEPT_OWN = "cnscd-own";
  var MOST_OWN = 60;
  var RECENT = 30; // As many messages as the server gives at once.
  var VIETNAM_OFFSET = 7 * 60 * 60 * 1000; // No summer time there, so no time zone library is needed.

  var scroll = byId("scroll"), log = byId("log"), typing = byId("typing"), notice = byId("notice"), newer = byId("newer");
  var composer = byId("composer"), input = byId("text"), demo = byId("demo"), roleSelect = byId("role");

  var role = null;        // The person being played, null outside the demonstration.
  var conversation = 0;   // Counts switches; an answer that belongs to an earlier one is thrown away.
  var lastId = 0;         // The newest message shown; asking with it also acknowledges.
  var queue = [];         // What the server has not taken yet, oldest first.
  var own = [];           // What was said in this tab: the server keeps no copy of it that could be shown again.
  var sending = false;
  var poll = null;
  var retries = {};       // The waiting timers by name, so that coming back online can end the wait.
  var notices = {};       // The lines to tell, by who tells them: "send" comes before "poll".
  var typingTimer = null;

  function byId(id) { return document.getElementById(id); }

  /* ---- Requests ---- */

  function request(method, address, body, timeout, done) {
    var xhr = new XMLHttpRequest();
    xhr.open(method, address);
    xhr.timeout = timeout;
    if (body) { xhr.setRequestHeader("Content-Type", "application/json"); }
    xhr.onload = function () {
      var value = null;
      try { value = JSON.parse(xhr.responseText); } catch (ignored) { /* A proxy's own error page. */ }
      done(xhr.status, value || {}, xhr);
    };
    xhr.onerror = xhr.ontimeout = function () { done(0, {}, xhr); };
    xhr.send(body ? JSON.stringify(body) : null);
    return xhr;
  }

  function address(query) {
    return "/api/messages?" + query + (role ? "&role=" + encodeURIComponent(role) : "");
  }

  /* Waits longer each time, with some chance in it, so that a village does not come back in one instant. */
  function later(name, attempt, seconds, action) {
    var wait = seconds || Math.min(15, Math.pow(2, attempt)) * (0.75 + Math.random() / 2);
    clearTimeout(retries[name] && retries[name].timer);
    retries[name] = { action: action, timer: setTimeout(function () { retryNow(name); }, wait * 1000) };
  }

  function retryNow(name) {
    var waiting = retries[name];
    if (!waiting) { return; }
    delete retries[name];
    clearTimeout(waiting.timer);
    waiting.action();
  }

  function retryAll() {
    Object.keys(retries).forEach(retryNow);
  }

  function tell(who, line) {
    notices[who] = line;
    var shown = notices.send || notices.poll || "";
    if (notice.textContent === shown) { return; }
    keepingBottom(function () {
      notice.textContent = shown;
      notice.className = shown ? "notice shown" : "notice";
    });
  }

  function tellShortly(line) {
    tell("poll", line);
    setTimeout(function () { if (notices.poll === line) { tell("poll", ""); } }, 3000);
  }

  /* ---- Sending ---- */

  function newId() {
    var id = new Date().getTime().toString(36) + "-";
    var random = window.crypto && window.crypto.getRandomValues ? window.crypto.getRandomValues(new Uint32Array(4)) : null;
    for (var i = 0; i < 4; i++) { id += (random ? random[i] : Math.floor(Math.random() * 4294967296)).toString(36); }
    return id;
  }

  /* body: {text} or {button}; shown: the words of the bubble, empty for what is sent without one. */
  function enqueue(body, shown) {
    body.id = newId();
    if (role) { body.role = role; }
    var item = { body: body, shown: shown, bubble: shown ? showOwn(shown) : null };
    queue.push(item);
    keepQueue();
    if (shown) { remember({ id: body.id, shown: shown, role: role, at: new Date().getTime(), after: lastId }); }
    sendNext(0);
  }

  /* Kept by the tab alone and gone with it: a phone is often lent. */
  function remember(said) {
    own.push(said);
    own = own.slice(-MOST_OWN);
    keep(KEPT_OWN, own);
  }

  function sendNext(attempt) {
    if (sending || retries.send || !queue.length) { return; }
    var item = queue[0];
    sending = true;
    if (belongsHere(item) && !attempt) { showTyping(); }
    request("POST", "/api/messages", item.body, 20000, function (status, value, xhr) {
      sending = false;
      if (status === 409) {
        forget(item); // It was meant for a person who does not exist any more.
        location.reload();
      } else if (status === 202 || (status >= 400 && status < 500 && status !== 429 && value.error)) {
        settle(item, status === 202 ? "" : value.error);
        tell("send", "");
        sendNext(0);
      } else {
        // Also what was not answered by our server at all, such as the login page of a public network.
        hideTyping();
        tell("send", value.error || OFFLINE);
        var seconds = status === 429 ? parseInt(xhr.getResponseHeader("Retry-After"), 10) : 0;
        later("send", attempt, seconds, function () { sendNext(attempt + 1); });
      }
    });
  }

  function settle(item, error) {
    forget(item);
    if (error) { hideTyping(); }
    if (error) {
      own = own.filter(function (said) { return said.id !== item.body.id; });
      keep(KEPT_OWN, own);
    }
    if (!item.bubble) { return; }
    item.bubble.className = error ? "message own failed" : "message own";
    if (error) { item.bubble.querySelector(".meta").textContent = "Không gửi được: " + error; }
  }

  function forget(item) {
    queue.splice(queue.indexOf(item), 1);
    keepQueue();
  }

  /* A poor phone throws a page away at any time; what is not sent yet comes back with it, under the same id. */
  function keepQueue() {
    keep(KEPT_QUEUE, queue.map(function (item) { return { body: item.body, shown: item.shown }; }));
  }

  function keep(name, value) {
    try { sessionStorage.setItem(name, JSON.stringify(value)); } catch (ignored) { /* Private mode. */ }
  }

  function kept(name) {
    try { return JSON.parse(sessionStorage.getItem(name)) || []; } catch (ignored) { return []; }
  }

  function showQueued() {
    queue.forEach(function (item) {
      item.bubble = item.shown && belongsHere(item) ? showOwn(item.shown) : null;
    });
  }

  function belongsHere(item) { return (item.body.role || null) === role; }

  /* ---- The conversation ---- */

  function open() {
    var mine = ++conversation;
    if (poll) { poll.abort(); poll = null; }
    delete retries.poll;
    log.textContent = "";
    log.setAttribute("aria-live", "off"); // Old messages are not read out one after the other.
    lastId = 0;
    hideTyping();
    load(mine, 0);
  }

  function load(mine, attempt) {
    ask(mine, "recent=1", 20000, retrying(load, mine, attempt), function (messages) {
      showHistory(messages);
      showQueued();
      setTimeout(function () { log.setAttribute("aria-live", "polite"); }, 500);
      if (!messages.length && !queue.some(belongsHere)) { enqueue({ text: "/start" }, ""); }
      if (queue.some(belongsHere)) { toBottom(); } else { reveal(log.lastChild); }
      sendNext(0); // What an earlier page has left behind, now that its bubbles are there.
      listen(mine);
    });
  }

  function listen(mine) {
    var asked = new Date().getTime();
    poll = ask(mine, "after=" + lastId, 40000, retrying(rejoin, mine, 0), function (messages) {
      if (messages.length) { hideTyping(); }
      showMessages(messages);
      // An empty answer that came at once must not become a storm of questions.
      var hurried = !messages.length && new Date().getTime() - asked < 1000;
      setTimeout(function () { if (mine === conversation) { listen(mine); } }, hurried ? 1000 : 0);
    });
  }

  /* After a break: a long poll would leave the notice standing for half a minute, this question is answered at once.
     Ids that went back mean that the server began anew with empty data. */
  function rejoin(mine, attempt) {
    ask(mine, "recent=1", 20000, retrying(rejoin, mine, attempt), function (messages) {
      var newest = messages.length ? messages[messages.length - 1].id : 0;
      if (newest < lastId) { open(); } else { listen(mine); }
    });
  }

  function retrying(action, mine, attempt) {
    return function () { later("poll", attempt, 0, function () { action(mine, attempt + 1); }); };
  }

  function ask(mine, query, timeout, retry, done) {
    return request("GET", address(query), null, timeout, function (status, value) {
      if (mine !== conversation) { return; }
      if (status === 409) {
        location.reload();
      } else if (status === 200 && value.messages) {
        if (notices.poll === DISCONNECTED) { tellShortly(RECONNECTED); }
        done(value.messages);
      } else {
        tell("poll", DISCONNECTED);
        retry();
      }
    });
  }

  function showMessages(messages) {
    var follow = atBottom(), first = null;
    messages.forEach(function (message) {
      if (message.id <= lastId) { return; }
      lastId = message.id;
      var node = showMessage(message);
      first = first || node;
    });
    if (first && follow) { reveal(first); }
    markNewer();
  }

  /* After a reload: what was said in this tab goes between the answers again, where it was. */
  function showHistory(messages) {
    var newest = messages.length ? messages[messages.length - 1].id : 0;
    var oldest = messages.length < RECENT ? 0 : messages[0].id;
    var said = own.filter(function (one) {
      var waits = queue.some(function (item) { return item.body.id === one.id; });
      return !waits && (one.role || null) === role && one.after <= newest && one.after >= oldest;
    });
    messages.forEach(function (message) {
      while (said.length && said[0].after < message.id) { showSaid(said.shift()); }
      showMessages([message]);
    });
    said.forEach(showSaid);
  }

  function showSaid(one) {
    calmChoices();
    addMessage("message own", "Bạn: ", one.shown, new Date(one.at));
  }

  function showMessage(message) {
    var focused = takeAway(message.replaces);
    var node = addMessage("message", "Trợ lý: ", message.text, new Date(message.at));
    node.setAttribute("data-id", message.id);
    if (message.file) { addFile(node.firstChild, message.file); }
    if (message.buttons.length) {
      calmChoices();
      node.appendChild(choices(message));
    }
    if (focused) { (node.querySelector("button") || scroll).focus(); }
    return node;
  }

  /* The message that a new one stands for goes, so that its buttons are not pressed again; true if it had the focus. */
  function takeAway(id) {
    var node = id ? log.querySelector('[data-id="' + Number(id) + '"]') : null;
    if (!node) { return false; }
    var focused = node.contains(document.activeElement);
    log.removeChild(node);
    return focused;
  }

  function showOwn(text) {
    calmChoices();
    var node = addMessage("message own waiting", "Bạn: ", text, new Date());
    toBottom();
    return node;
  }

  function addMessage(className, speaker, text, at) {
    var node = element("div", className), bubble = element("div", "bubble");
    bubble.appendChild(element("span", "spoken", speaker));
    addWithLinks(bubble, text);
    node.appendChild(bubble);
    node.appendChild(element("div", "meta", clock(at)));
    log.appendChild(node);
    return node;
  }

  function element(name, className, text) {
    var node = document.createElement(name);
    node.className = className;
    if (text) { node.textContent = text; }
    return node;
  }

  /* Only plain text nodes and web addresses: nothing that somebody wrote is ever read as HTML. */
  function addWithLinks(parent, text) {
    text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/).forEach(function (piece, index) {
      if (index % 2 === 0) {
        parent.appendChild(document.createTextNode(piece));
        return;
      }
      var link = element("a", "", piece);
      link.href = piece;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      parent.appendChild(link);
    });
  }

  function addFile(bubble, file) {
    var link = element("a", "file", file.is_picture ? "" : "Tải tệp " + file.name);
    if (file.is_picture) {
      var picture = element("img", "");
      picture.src = file.path;
      picture.alt = file.name;
      link.appendChild(picture);
    }
    link.href = file.path;
    link.target = "_blank";
    bubble.appendChild(link);
  }

  function choices(message) {
    var group = element("div", "choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Lựa chọn");
    message.buttons.forEach(function (row) {
      var line = element("div", "row");
      row.forEach(function (button) { line.appendChild(choice(button, message.id)); });
      group.appendChild(line);
    });
    return group;
  }

  function choice(button, under) {
    var node = element("button", "choice", button.label), pressedAt = 0;
    node.type = "button";
    node.onclick = function () {
      var now = new Date().getTime();
      if (now - pressedAt < 1000) { return; } // A shaking finger presses twice.
      pressedAt = now;
      node.className = "choice chosen";
      enqueue({ button: button.action, under: under }, button.label);
    };
    return node;
  }

  /* Old buttons stay usable, but only the newest ask for attention. */
  function calmChoices() {
    var groups = log.querySelectorAll(".choices");
    for (var i = 0; i < groups.length; i++) { groups[i].className = "choices calm"; }
  }

  function clock(at) {
    var local = new Date(at.getTime() + VIETNAM_OFFSET), today = new Date(new Date().getTime() + VIETNAM_OFFSET);
    var time = two(local.getUTCHours()) + ":" + two(local.getUTCMinutes());
    if (local.toISOString().slice(0, 10) === today.toISOString().slice(0, 10)) { return time; }
    var year = local.getUTCFullYear() === today.getUTCFullYear() ? "" : "/" + local.getUTCFullYear();
    return two(local.getUTCDate()) + "/" + two(local.getUTCMonth() + 1) + year + " " + time;
  }

  function two(number) { return (number < 10 ? "0" : "") + number; }

  /* ---- What moves ---- */

  function toBottom() { scroll.scrollTop = scroll.scrollHeight; }

  function below() { return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight; }

  function atBottom() { return below() < 80; }

  /* Shows as much as fits, but never passes over the beginning: a long answer is read from its first line. */
  function reveal(node) {
    toBottom();
    if (node) { scroll.scrollTop = Math.min(scroll.scrollTop, node.offsetTop - 8); }
  }

  /* Somebody who reads further up is left there. */
  function keepingBottom(change) {
    var follow = atBottom();
    change();
    if (follow) { toBottom(); }
  }

  function markNewer() { newer.hidden = below() < 30; }

  function pageDown() {
    scroll.scrollTop += scroll.clientHeight * 0.8;
    markNewer();
  }

  function showTyping() {
    clearTimeout(typingTimer);
    typingTimer = setTimeout(hideTyping, 30000);
    keepingBottom(function () { typing.hidden = false; });
  }

  function hideTyping() {
    clearTimeout(typingTimer);
    typing.hidden = true;
  }

  function fitInput() {
    keepingBottom(function () {
      input.style.height = "auto";
      input.style.height = input.scrollHeight + 4 + "px";
    });
  }

  /* ---- The page ---- */

  function submit() {
    var text = input.value;
    input.focus();
    if (!text.trim()) { return; }
    input.value = "";
    fitInput();
    enqueue({ text: text }, text.trim());
  }

  function switchRole() {
    var chosen = roleSelect.value;
    request("POST", "/api/role", { role: chosen }, 20000, function (status) {
      if (status !== 200) {
        roleSelect.value = role;
        tell("send", "Chưa đổi được vai, xin thử lại.");
        return;
      }
      tell("send", "");
      role = chosen;
      open();
    });
  }

  function showRoles(me) {
    role = me.role;
    roleSelect.textContent = "";
    me.roles.forEach(function (one) {
      var option = element("option", "", one.label);
      option.value = one.id;
      roleSelect.appendChild(option);
    });
    demo.hidden = !me.roles.length;
    if (role) { roleSelect.value = role; }
  }

  function begin(attempt) {
    request("GET", "/api/me", null, 20000, function (status, me) {
      if (status !== 200 || !me.roles) {
        tell("poll", DISCONNECTED);
        later("poll", attempt, 0, function () { begin(attempt + 1); });
        return;
      }
      showRoles(me);
      open();
    });
  }

  composer.onsubmit = function (event) { event.preventDefault(); submit(); };
  scroll.onscroll = markNewer;
  newer.onclick = pageDown;
  input.oninput = fitInput;
  input.onkeydown = function (event) {
    // 229 is a key that a Vietnamese input method is still working on.
    if (event.keyCode === 13 && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  };
  roleSelect.onchange = switchRole;
  window.addEventListener("online", retryAll);
  window.addEventListener("pageshow", retryAll);
  window.addEventListener("resize", function () { if (document.activeElement === input) { toBottom(); } });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { retryAll(); } });

  if (!navigator.cookieEnabled) {
    tell("send", "Trình duyệt đang chặn cookie nên không trò chuyện được. Xin cho phép cookie rồi tải lại trang.");
    return;
  }
  // On a phone this would open the keyboard over the greeting.
  if (window.matchMedia && window.matchMedia("(pointer: fine)").matches) { input.focus(); }
  queue = kept(KEPT_QUEUE);
  own = kept(KEPT_OWN);
  begin(0);
})();
