#include "client/cli/top/screen.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_NOMACROS 1
#include <ncursesw/curses.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

constexpr short kRed = 1;           // the pair of colours
constexpr int kEscapeDelayMs = 25;  // after which Esc is a key of its own

bool is_utf8_locale() { return MB_CUR_MAX > 1; }

attr_t attributes_of(TopLine::Style style, bool has_colours) {
  switch (style) {
    case TopLine::Style::status:
    case TopLine::Style::selected:
      return A_REVERSE;
    case TopLine::Style::heading:
      return A_BOLD;
    case TopLine::Style::alert:
      return has_colours ? A_BOLD | static_cast<attr_t>(COLOR_PAIR(kRed)) : A_BOLD;
    case TopLine::Style::prompt:
    case TopLine::Style::plain:
      break;
  }
  return A_NORMAL;
}

std::optional<TopKey> function_key(wint_t code) {
  using Kind = TopKey::Kind;
  switch (code) {
    case KEY_UP:
      return TopKey{Kind::up};
    case KEY_DOWN:
      return TopKey{Kind::down};
    case KEY_LEFT:
      return TopKey{Kind::left};
    case KEY_RIGHT:
      return TopKey{Kind::right};
    case KEY_PPAGE:
      return TopKey{Kind::page_up};
    case KEY_NPAGE:
      return TopKey{Kind::page_down};
    case KEY_HOME:
      return TopKey{Kind::home};
    case KEY_END:
      return TopKey{Kind::end};
    case KEY_ENTER:
      return TopKey{Kind::enter};
    case KEY_BACKSPACE:
      return TopKey{Kind::backspace};
    default:
      return std::nullopt;
  }
}

TopKey character_key(wint_t character) {
  using Kind = TopKey::Kind;
  switch (character) {
    case L'\r':
    case L'\n':
      return {Kind::enter};
    case L'\t':
      return {Kind::tab};
    case 8:
    case 127:
      return {Kind::backspace};
    case 27:
      return {Kind::escape};
    default:
      return {Kind::character, static_cast<char32_t>(character)};
  }
}

}  // namespace

void TopScreen::check_terminal() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
    throw UsageError{"`forkmill top` needs a terminal",
                     "for programs, there are `forkmill status -o json` and the like"};
}

// A signal that is ignored from the start, as by a shell without job control, stays so.
StopHandler::StopHandler() {
  if (::sigaction(SIGTSTP, nullptr, &before_) != 0 || before_.sa_handler != SIG_DFL) return;
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  ::sigaction(SIGTSTP, &nothing, nullptr);
}

StopHandler::~StopHandler() { ::sigaction(SIGTSTP, &before_, nullptr); }

TopScreen::TopScreen() {
  std::setlocale(LC_CTYPE, "");
  if (!is_utf8_locale()) std::setlocale(LC_CTYPE, "C.UTF-8");
  screen_ = ::newterm(nullptr, stdout, stdin);
  if (screen_ == nullptr) {
    const char* type = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    throw CommandError{ExitCode::failed,
                       std::string{"the terminal '"} + (type == nullptr ? "" : type) + "' is not known here",
                       "set TERM to a terminal that is, such as xterm"};
  }
  ::cbreak();
  ::noecho();
  ::nonl();
  ::nodelay(stdscr, true);
  ::keypad(stdscr, true);
  ::set_escdelay(kEscapeDelayMs);
  ::curs_set(0);
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  if ((no_colour == nullptr || *no_colour == '\0') && ::has_colors()) {
    ::start_color();
    ::use_default_colors();
    has_colours_ = ::init_pair(kRed, COLOR_RED, -1) == OK;
  }
}

TopScreen::~TopScreen() {
  ::endwin();
  ::delscreen(static_cast<SCREEN*>(screen_));
}

std::size_t TopScreen::width() const { return static_cast<std::size_t>(::getmaxx(stdscr)); }
std::size_t TopScreen::height() const { return static_cast<std::size_t>(::getmaxy(stdscr)); }

void TopScreen::resize() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return;
  ::resizeterm(size.ws_row, size.ws_col);
  ::clearok(stdscr, true);
}

void TopScreen::paint(const std::vector<TopLine>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ::move(static_cast<int>(i), 0);
    ::attrset(static_cast<int>(attributes_of(lines[i].style, has_colours_)));
    ::clrtoeol();
    ::addstr(lines[i].text.c_str());
  }
  ::attrset(A_NORMAL);
  ::refresh();
}

std::optional<TopKey> TopScreen::read() {
  wint_t code = 0;
  for (;;) {
    const int kind = ::get_wch(&code);
    if (kind == ERR) return std::nullopt;
    if (kind != KEY_CODE_YES) return character_key(code);
    if (auto key = function_key(code)) return key;
  }
}

void TopScreen::suspend() {
  ::endwin();
  ::raise(SIGSTOP);
  resize();
  ::refresh();
}

}  // namespace forkmill::cli
