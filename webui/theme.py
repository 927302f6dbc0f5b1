"""Gradio's own widgets in our tokens: every value is one of the variables of static/styles/kit/theme.css, so both schemes follow."""

from __future__ import annotations

from typing import Any

from webui.gradio_import import gr

_BOTH = {
    "body_background_fill": "var(--ts-paper)",
    "body_text_color": "var(--ts-ink)",
    "body_text_color_subdued": "var(--ts-soft)",
    "background_fill_primary": "var(--ts-surface)",
    "background_fill_secondary": "var(--ts-sunk)",
    "border_color_primary": "var(--ts-line)",
    "border_color_accent": "var(--ts-accent)",
    "border_color_accent_subdued": "var(--ts-accent-line)",
    "color_accent_soft": "var(--ts-accent-soft)",
    "link_text_color": "var(--ts-accent)",
    "link_text_color_hover": "var(--ts-accent-strong)",
    "link_text_color_visited": "var(--ts-accent)",
    "link_text_color_active": "var(--ts-accent-strong)",
    "block_background_fill": "var(--ts-surface)",
    "block_border_color": "var(--ts-line)",
    "block_border_width": "1px",
    "block_shadow": "none",
    "block_label_background_fill": "transparent",
    "block_label_border_width": "0px",
    "block_label_text_color": "var(--ts-soft)",
    "block_label_text_weight": "500",
    "block_title_text_color": "var(--ts-ink)",
    "block_title_text_weight": "500",
    "block_info_text_color": "var(--ts-soft)",
    "panel_background_fill": "var(--ts-paper)",
    "panel_border_color": "var(--ts-line)",
    "input_background_fill": "var(--ts-surface)",
    "input_background_fill_focus": "var(--ts-surface)",
    "input_border_color": "var(--ts-line-strong)",
    "input_border_color_focus": "var(--ts-accent)",
    "input_border_width": "1px",
    "input_shadow": "none",
    "input_shadow_focus": "0 0 0 3px var(--ts-ring)",
    "input_placeholder_color": "var(--ts-faint)",
    "checkbox_background_color": "var(--ts-surface)",
    "checkbox_background_color_selected": "var(--ts-accent)",
    "checkbox_border_color": "var(--ts-line-strong)",
    "checkbox_border_color_selected": "var(--ts-accent)",
    "checkbox_label_background_fill": "transparent",
    "checkbox_label_background_fill_hover": "transparent",
    "checkbox_label_background_fill_selected": "transparent",
    "checkbox_label_border_width": "0px",
    "checkbox_label_text_color": "var(--ts-ink)",
    "slider_color": "var(--ts-accent)",
    "stat_background_fill": "var(--ts-accent-soft)",
    "loader_color": "var(--ts-accent)",
    "error_background_fill": "var(--ts-danger-soft)",
    "error_border_color": "var(--ts-danger)",
    "error_text_color": "var(--ts-danger)",
    "code_background_fill": "var(--ts-sunk)",
    "table_even_background_fill": "var(--ts-surface)",
    "table_odd_background_fill": "var(--ts-surface)",
    "table_border_color": "var(--ts-line)",
    "button_primary_background_fill": "var(--ts-accent)",
    "button_primary_background_fill_hover": "var(--ts-accent-strong)",
    "button_primary_border_color": "var(--ts-accent)",
    "button_primary_border_color_hover": "var(--ts-accent-strong)",
    "button_primary_text_color": "var(--ts-on-accent)",
    "button_primary_text_color_hover": "var(--ts-on-accent)",
    "button_secondary_background_fill": "var(--ts-surface)",
    "button_secondary_background_fill_hover": "var(--ts-sunk)",
    "button_secondary_border_color": "var(--ts-line-strong)",
    "button_secondary_border_color_hover": "var(--ts-line-strong)",
    "button_secondary_text_color": "var(--ts-ink)",
    "button_secondary_text_color_hover": "var(--ts-ink)",
    "button_cancel_background_fill": "var(--ts-surface)",
    "button_cancel_background_fill_hover": "var(--ts-danger-soft)",
    "button_cancel_border_color": "var(--ts-danger)",
    "button_cancel_text_color": "var(--ts-danger)",
    "button_cancel_text_color_hover": "var(--ts-danger)",
    "button_primary_shadow": "none",
    "button_secondary_shadow": "none",
    "shadow_drop": "none",
    "shadow_drop_lg": "none",
}
_ONCE = {
    "block_radius": "10px",
    "container_radius": "10px",
    "input_radius": "8px",
    "button_large_radius": "8px",
    "button_medium_radius": "8px",
    "button_small_radius": "8px",
    "checkbox_border_radius": "4px",
    "button_large_text_weight": "500",
    "button_medium_text_weight": "500",
    "button_transition": "background-color 120ms, border-color 120ms",
    "button_border_width": "1px",
    "layout_gap": "16px",
    "block_padding": "16px",
    "input_text_size": "15px",
    "block_title_text_size": "13px",
    "block_label_text_size": "13px",
    "block_info_text_size": "13px",
    "body_text_size": "15px",
}
_FONT = ("IBM Plex Sans", "system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
_MONO = ("IBM Plex Mono", "ui-monospace", "monospace")


def make_theme() -> Any:
    """The theme for both language sites; loads no remote font."""
    hue = gr.themes.colors.teal
    theme = gr.themes.Base(
        primary_hue=hue,
        secondary_hue=hue,
        neutral_hue=gr.themes.colors.stone,
        font=[gr.themes.Font(name) for name in _FONT],
        font_mono=[gr.themes.Font(name) for name in _MONO],
    )
    known = set(dir(theme))
    values = dict(_ONCE)
    for name, value in _BOTH.items():
        values[name] = value
        if f"{name}_dark" in known:
            values[f"{name}_dark"] = value
    return theme.set(**values)
