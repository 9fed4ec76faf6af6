"""An example of the page of the engines."""

from __future__ import annotations

from dataclasses import replace

from commonweight.web.contexts import EnginesPage, EngineView, Frame, HostView, ModelEnginesView, Word

READY = Word("ready", "ready", "good", "check", "It answers requests.")
LOADING = Word("loading", "loading", "ask", "clock", "Its file is fetched and its engine started.")
FAILED = Word("failed", "failed", "stop", "stop", "It could not be loaded.")


def engines_page(frame: Frame) -> EnginesPage:
    running = EngineView(READY, "gpu-1", "llama.cpp/2026.10", "1.42 GB", 3, 4, "41.7", "")
    loading = EngineView(LOADING, "gpu-2", "", "", 0, 0, "", "loading the model (3 s)")
    failed = EngineView(FAILED, "gpu-1", "", "", 0, 0, "", "the tensors are upside down")
    return EnginesPage(
        replace(frame, path="/admin/engines"),
        (HostView("gpu-1", "1.42 GB", "8.59 GB", 16.5, 16), HostView("gpu-2", "0 B", "8.59 GB", 0.0, 1)),
        (
            ModelEnginesView(
                "ada/tiny@3f9c1e0d",
                "ada/tiny @ 3f9c1e0",
                "/ada/tiny",
                7,
                True,
                1,
                2,
                ("45 7 * * 1-5 (60 min, Europe/Madrid)",),
                True,
                (running, loading),
            ),
            ModelEnginesView("ada/odd@3f9c1e0d", "ada/odd @ 3f9c1e0", "/ada/odd", 1, False, 0, 1, (), True, (failed,)),
        ),
        "ada/tiny@3f9c1e0d is to stay loaded; it would be back at once.",
    )
