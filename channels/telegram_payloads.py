"""The fields of Telegram's updates that Hiwar reads, and the names of those it knows and does not."""

from __future__ import annotations

from typing import Annotated

import msgspec


class Fields(msgspec.Struct, gc=False):
    """Fields of a payload; the ones not named are skipped."""


class User(Fields):
    id: int
    is_bot: bool = False
    language_code: str = ""


class Chat(Fields):
    id: int
    type: str = ""


class Photo(Fields):
    file_id: str
    width: int = 0
    height: int = 0
    file_size: int = 0


class File(Fields):
    file_id: str
    file_name: str = ""
    mime_type: str = ""
    file_size: int = 0


class Sticker(Fields):
    emoji: str = ""


class Location(Fields):
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Venue(Fields):
    location: Location
    title: str = ""
    address: str = ""


class Contact(Fields):
    phone_number: str
    first_name: str = ""
    last_name: str = ""


class Message(Fields):
    message_id: int
    chat: Chat
    date: int
    sender: User | None = msgspec.field(name="from", default=None)
    sender_chat: Chat | None = None
    text: str = ""
    caption: str = ""
    media_group_id: str | int = ""
    photo: tuple[Photo, ...] = ()
    document: File | None = None
    voice: File | None = None
    video: File | None = None
    video_note: File | None = None
    audio: File | None = None
    animation: File | None = None
    live_photo: File | None = None
    sticker: Sticker | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None


class PressedMessage(Fields):
    """A message or an InaccessibleMessage (too old; its date is 0), both have these two."""

    message_id: int
    chat: Chat


class Press(Fields):
    id: str | int
    sender: User = msgspec.field(name="from")
    message: PressedMessage | None = None
    data: str = ""


class Member(Fields):
    status: str


class Membership(Fields):
    chat: Chat
    date: int
    new_chat_member: Member


class Update(Fields):
    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Press | None = None
    my_chat_member: Membership | None = None


class OnlyKeys(Fields):
    message: dict[str, msgspec.Raw] = {}  # msgspec copies it


class ChatOnly(Fields):
    chat: Chat


class PressOnly(Fields):
    sender: User = msgspec.field(name="from")
    message: ChatOnly | None = None


class Envelope(Fields):
    update_id: int
    message: ChatOnly | None = None
    edited_message: ChatOnly | None = None
    callback_query: PressOnly | None = None
    my_chat_member: ChatOnly | None = None


class IdOnly(Fields):
    update_id: int


# Fields of a Message that are not what the person said: who, where, when, how it is shown.
AROUND = frozenset(
    """
    message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot sender_tag
    date guest_query_id business_connection_id chat forward_origin is_topic_message is_automatic_forward reply_to_message
    external_reply quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user
    guest_bot_caller_chat edit_date has_protected_content is_from_offline is_paid_post media_group_id author_signature
    paid_star_count text entities link_preview_options suggested_post_info effect_id caption caption_entities
    show_caption_above_media has_media_spoiler receiver_user ephemeral_message_id reply_markup
    """.split()  # noqa: SIM905  # sixty quoted names a screen are harder to read
)
# Notices that Telegram writes itself; nobody said anything, so nobody waits for an answer. A chat that has moved
# (migrate_to_chat_id) is here too: the next send to it fails with the new address (Failed.moved), which is acted upon once.
NOTICES = frozenset(
    """
    new_chat_members left_chat_member chat_owner_left chat_owner_changed new_chat_title new_chat_photo delete_chat_photo
    group_chat_created supergroup_chat_created channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id
    migrate_from_chat_id pinned_message successful_payment refunded_payment user_shared users_shared chat_shared gift
    unique_gift gift_upgrade_sent connected_website write_access_allowed proximity_alert_triggered boost_added
    chat_background_set checklist_tasks_done checklist_tasks_added direct_message_price_changed forum_topic_created
    forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden
    giveaway_created giveaway_winners giveaway_completed managed_bot_created paid_message_price_changed poll_option_added
    poll_option_deleted suggested_post_approved suggested_post_approval_failed suggested_post_declined suggested_post_paid
    suggested_post_refunded video_chat_scheduled video_chat_started video_chat_ended video_chat_participants_invited
    community_chat_added community_chat_removed
    """.split()  # noqa: SIM905  # sixty quoted names a screen are harder to read
)
