"""The moderators' desk: pages for those who work with what citizens send (docs/adding_a_desk_page.md)."""
