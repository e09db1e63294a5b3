// TopModel: what `forkmill top` shows and does: pages, from the first one to the one that the user has drilled into,
// and the prompt. Keys and answers of the broker go in, lines and orders come out. Pure: it knows no terminal and no
// clock.
#pragma once

#include <forkmill/query.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/top/key.h"
#include "client/cli/top/page.h"
#include "client/cli/top/prompt.h"
#include "client/cli/top/status.h"

namespace forkmill::cli {

class TopModel {
 public:
  static constexpr std::size_t kMinWidth = 20;
  static constexpr std::size_t kMinHeight = 5;

  explicit TopModel(std::string endpoint) : status_{std::move(endpoint)} {}

  // The questions whose answers are shown now.
  std::vector<Query> wanted() const;
  // The answer to a question has come, at a time in milliseconds since 1970. An answer that is not wanted any more is
  // dropped. Returns a question that is to be asked at once, if there is one.
  std::optional<Query> told(const Query& query, const Json& body, std::int64_t now_ms);
  // The broker has refused a question.
  void failed(const Query& query, const std::string& why);
  // Whether the broker answers.
  void set_connected(bool connected) { status_.set_connected(connected); }
  // Shows a message until the next key.
  void say(std::string message) { prompt_.say(std::move(message)); }

  TopOrder press(const TopKey& key);
  // The lines of a screen of this size, each as wide as it.
  std::vector<TopLine> draw(std::size_t width, std::size_t height);

 private:
  TopPage& page() { return pages_.back(); }
  TopOrder press_character(char32_t character);
  TopOrder show_only(TopView view);
  TopOrder drill_in();
  TopOrder back();
  void ask_to_cancel();
  void ask_to_drain();

  TopStatus status_;
  std::vector<TopPage> pages_{TopPage{TopView::queues}};
  TopPrompt prompt_{};
};

}  // namespace forkmill::cli
