// Before anything is drawn: say that scripts run, so that parts without a script's help stay hidden.
document.documentElement.classList.add("js");
