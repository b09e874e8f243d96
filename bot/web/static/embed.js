/* For a commune's own site: <script src="https://THE-BOT/embed.js" defer></script> adds a button that opens the chat.
   It asks nothing of the page around it and gives it nothing; the conversation stays in the frame. */
(function () {
  "use strict";

  var OPEN = "Hỏi trợ lý số", CLOSE = "Đóng";
  var script = document.currentScript;
  if (!script || document.getElementById("cnscd-chat")) { return; }
  var address = script.src.replace(/\/embed\.js.*$/, "/");

  function made(name, style) {
    var node = document.createElement(name);
    Object.keys(style).forEach(function (property) { node.style[property] = style[property]; });
    return node;
  }

  var box = made("div", { position: "fixed", right: "16px", bottom: "16px", zIndex: "2147483000" });
  box.id = "cnscd-chat";
  var button = made("button", {
    display: "block", marginLeft: "auto", minHeight: "52px", padding: "0 20px", border: "2px solid #ffffff",
    borderRadius: "26px", background: "#0b5b56", color: "#ffffff", font: "700 18px system-ui, sans-serif",
    cursor: "pointer", boxShadow: "0 2px 10px rgba(0, 0, 0, .35)"
  });
  button.type = "button";
  var frame = null;

  function fit() {
    if (!frame) { return; }
    frame.style.width = Math.min(400, window.innerWidth - 32) + "px";
    frame.style.height = Math.min(640, window.innerHeight - 100) + "px";
  }

  function show(open) {
    if (open && !frame) { // Not before somebody asks for it: a page must not become slower for everybody.
      frame = made("iframe", {
        display: "block", marginBottom: "10px", border: "2px solid #0b5b56", borderRadius: "14px", background: "#ffffff"
      });
      frame.title = "Trợ lý của Tổ công nghệ số cộng đồng";
      frame.src = address;
      box.insertBefore(frame, button);
      fit();
    }
    if (frame) { frame.style.display = open ? "block" : "none"; }
    button.textContent = open ? CLOSE : OPEN;
    button.setAttribute("aria-expanded", String(open));
  }

  button.onclick = function () { show(button.getAttribute("aria-expanded") !== "true"); };
  window.addEventListener("resize", fit);
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") { show(false); button.focus(); }
  });
  show(false);
  box.appendChild(button);
  document.body.appendChild(box);
})();
