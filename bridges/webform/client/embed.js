// <script src="https://…/town-form/embed.js" async></script> puts the form where it stands.
(() => {
  const script = document.currentScript;
  const address = new URL(script.src);
  const frame = document.createElement("iframe");
  address.pathname = address.pathname.replace(/\/embed\.js$/, "");
  frame.src = address.href;
  frame.title = script.dataset.title ?? script.title ?? "";
  frame.style.cssText = "border:0;width:100%;min-height:40rem;color-scheme:auto";
  window.addEventListener("message", ({ source, data }) => {
    if (source === frame.contentWindow && Number.isFinite(data?.guichet)) frame.style.height = `${data.guichet}px`;
  });
  script.after(frame);
})();
