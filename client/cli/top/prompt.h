// TopPrompt: the last line of `forkmill top`: hints, messages, a filter that is being typed, and questions. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "client/cli/top/key.h"

namespace forkmill::cli {

// TopOrder: what the program shall do after a key.
struct TopOrder {
  enum class Kind : std::uint8_t { none, quit, refresh, cancel_task, drain_worker };
  Kind kind = Kind::none;
  std::string target{};  // id of the task, name of the worker
};

class TopPrompt {
 public:
  // Shows a message until the next key.
  void say(std::string message) { message_ = std::move(message); }
  void show_help() { mode_ = Mode::help; }
  // Lets the user type a filter that begins with this text.
  void type_filter(const std::string& text);
  // Asks whether the order shall be given.
  void ask(TopOrder order, std::string question);

  bool shows_help() const { return mode_ == Mode::help; }
  bool is_typing() const { return mode_ == Mode::filter; }
  // The filter, as far as it is typed.
  const std::string& typed() const { return typed_; }

  // Takes a key if the user types or is asked. Returns whether it has; `order` is the one to carry out.
  bool press(const TopKey& key, TopOrder& order);
  // The text of the line.
  std::string text(std::size_t width) const;

 private:
  enum class Mode : std::uint8_t { closed, filter, question, help };

  void edit(const TopKey& key);

  Mode mode_ = Mode::closed;
  std::string message_{};
  std::string typed_{};
  TopOrder pending_{};  // the order that waits for its confirmation
  std::string question_{};
};

}  // namespace forkmill::cli
