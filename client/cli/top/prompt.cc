#include "client/cli/top/prompt.h"

#include <utility>

#include "client/cli/text/table.h"

namespace forkmill::cli {

namespace {

constexpr const char* kLongHint = "? help  q quit  / filter  s sort  Enter open  x cancel  d drain";
constexpr const char* kShortHint = "?:help q:quit";

void append_utf8(std::string& text, char32_t c) {
  const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | (c >> shift & 0x3FU)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0U | c >> 6U);
    tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0U | c >> 12U);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | c >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

void remove_last_character(std::string& text) {
  while (!text.empty()) {
    const auto last = static_cast<unsigned char>(text.back());
    text.pop_back();
    if ((last & 0xC0U) != 0x80U) return;
  }
}

}  // namespace

void TopPrompt::type_filter(const std::string& text) {
  mode_ = Mode::filter;
  typed_ = text;
}

void TopPrompt::ask(TopOrder order, std::string question) {
  mode_ = Mode::question;
  pending_ = std::move(order);
  question_ = std::move(question);
}

bool TopPrompt::press(const TopKey& key, TopOrder& order) {
  message_.clear();
  switch (mode_) {
    case Mode::closed:
      return false;
    case Mode::filter:
      edit(key);
      return true;
    case Mode::help:
      mode_ = Mode::closed;
      return true;
    case Mode::question:
      break;
  }
  mode_ = Mode::closed;
  const bool is_yes = key.kind == TopKey::Kind::character && (key.character == U'y' || key.character == U'Y');
  if (is_yes)
    order = std::exchange(pending_, {});
  else
    message_ = "nothing was done";
  return true;
}

void TopPrompt::edit(const TopKey& key) {
  constexpr std::size_t kMaxTyped = 200;
  switch (key.kind) {
    case TopKey::Kind::escape:
      typed_.clear();
      mode_ = Mode::closed;
      return;
    case TopKey::Kind::enter:
      mode_ = Mode::closed;
      return;
    case TopKey::Kind::backspace:
      return remove_last_character(typed_);
    case TopKey::Kind::character:
      if (key.character >= U' ' && typed_.size() < kMaxTyped) append_utf8(typed_, key.character);
      return;
    default:
      return;
  }
}

std::string TopPrompt::text(std::size_t width) const {
  constexpr std::size_t kRoomForHint = 64;
  switch (mode_) {
    case Mode::filter:
      return "/" + printable(typed_) + "_";
    case Mode::question:
      return question_;
    case Mode::help:
      return "any key goes on";
    case Mode::closed:
      break;
  }
  if (!message_.empty()) return printable(message_);
  return width < kRoomForHint ? kShortHint : kLongHint;
}

}  // namespace forkmill::cli
