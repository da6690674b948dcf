// A text that is cut off by its cell is shown whole while it is pointed at. (As attributes of each row, these were 5 kB.)
document.addEventListener('pointerover', (event) => {
  const text = event.target.closest?.('.phones :is(td.model, bdi, .faint, .refused)');
  const cut = text && [text, text.parentElement].some((part) => part.scrollWidth > part.clientWidth);
  if (cut) text.title = text.textContent.trim();
});
