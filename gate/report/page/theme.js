"use strict";
// The reader's choice, before anything is painted; where nothing can be kept, the system's holds.
try {
  const theme = localStorage.getItem("gate-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // no storage
}
