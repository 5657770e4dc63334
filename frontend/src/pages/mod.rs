//! One file for each page.

pub(crate) mod about;
pub(crate) mod appearance;
pub(crate) mod arrange;
pub(crate) mod chats;
pub(crate) mod choose_day;
pub(crate) mod consent;
pub(crate) mod conversation;
pub(crate) mod day_search;
pub(crate) mod deeds;
pub(crate) mod details;
pub(crate) mod erased;
pub(crate) mod friends;
pub(crate) mod landing;
pub(crate) mod my_data;
pub(crate) mod new_group;
pub(crate) mod not_found;
pub(crate) mod palette;
pub(crate) mod privacy;
pub(crate) mod privacy_settings;
pub(crate) mod profile;
pub(crate) mod recover;
pub(crate) mod recovery_codes;
pub(crate) mod second_factor;
pub(crate) mod security;
pub(crate) mod seek;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
#[cfg(debug_assertions)]
pub(crate) mod styleguide;
pub(crate) mod writing;
