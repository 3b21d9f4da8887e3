// Keeps a page of the preview current: loads it anew when it changed, shows the error when there is one.
"use strict";
{
  let version = null;
  const show = (error) => {
    let frame = document.getElementById("press-preview-error");
    if (!error) {
      frame?.remove();
      return;
    }
    if (!frame) {
      frame = document.createElement("iframe");
      frame.id = "press-preview-error";
      frame.title = "Why the page is not current";
      frame.style.cssText =
        "position:fixed;inset:auto 0 0 0;width:100%;height:60vh;border:0;border-top:4px solid #a3130c;z-index:9999;background:Canvas";
      document.body.append(frame);
    }
    frame.srcdoc = error;
  };
  new EventSource("/-press-events").onmessage = (event) => {
    const state = JSON.parse(event.data);
    const changed = version !== null && version !== state.version;
    version = state.version;
    show(state.error);
    if (changed && !state.error) location.reload();
  };
}
