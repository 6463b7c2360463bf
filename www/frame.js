// @ts-check
// The document of a frame: the element as its address says, as wide as the frame. It tells the page around how
// high it is, and listens to nothing.

{
  const viewer = document.createElement('floatscope-viewer');
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (['src', 'report', 'view', 'tensor', 'theme', 'hub'].includes(name)) viewer.setAttribute(name, value);
  }
  // Otherwise it is light, as pages are that say nothing; what is not the element lets the page around through.
  document.documentElement.style.colorScheme = viewer.getAttribute('theme') ?? '';
  document.body.style.margin = '0';
  document.body.append(viewer);
  if (parent !== window) {
    // Whoever it is: a height is no secret.
    new ResizeObserver(() => parent.postMessage({ type: 'floatscope:height', height: Math.ceil(viewer.getBoundingClientRect().height) }, '*')).observe(viewer);
  }
}
