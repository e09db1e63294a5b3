#include "client/cli/map/display.h"

#include <unistd.h>

#include "client/cli/errors/command_error.h"
#include "client/cli/os/terminal.h"
#include "client/cli/os/write_all.h"
#include "proto/printable.h"

namespace forkmill::cli {

namespace {

constexpr std::chrono::milliseconds kRedraw{100};

}  // namespace

Display::Display(const Options& options)
    : options_{options},
      printer_{[this](std::string_view text) { out(text); }, [this](std::string_view text) { show_err(text); },
               options.output} {}

Display::~Display() {
  if (drawn_) (void)!::write(STDERR_FILENO, "\n", 1);
}

void Display::out(std::string_view text) {
  if (!stdout_closed_ && !write_shown(STDOUT_FILENO, text, "standard output", options_.raw)) stdout_closed_ = true;
}

void Display::err(std::string_view text) { (void)write_all(STDERR_FILENO, text, "standard error"); }

void Display::show_err(std::string_view text) {
  (void)write_shown(STDERR_FILENO, text, "standard error", options_.raw);
}

// Without stderr, for example after the terminal was closed, a run goes on.
void Display::tell(std::string_view text) {
  try {
    err(text);
  } catch (const CommandError&) {
  }
}

void Display::erase() {
  if (drawn_) tell("\r\x1b[K");
  drawn_ = false;
}

void Display::print(const Ended& ended) {
  if (!options_.output.verbose && ended.outcome.out.empty() && ended.outcome.err.empty()) return;
  erase();
  printer_.print(ended);
}

void Display::message(const std::string& text) {
  erase();
  tell("forkmill: " + proto::printable(text, proto::LineBreaks::kept) + "\n");
}

void Display::progress(const Progress& progress, Rate::Clock::time_point time, bool now) {
  if (!options_.progress || (!now && drawn_ && time - last_ < kRedraw)) return;
  options_.style.width = terminal().width;
  tell("\r" + render_progress(progress, options_.style) + "\x1b[K");
  drawn_ = true;
  last_ = time;
}

}  // namespace forkmill::cli
