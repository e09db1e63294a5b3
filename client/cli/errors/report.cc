#include "client/cli/errors/report.h"

#include <forkmill/errors.h>

#include <cstring>

#include "client/cli/errors/start_error.h"

namespace forkmill::cli {

namespace {

ExitCode exit_code_of(Errc code) {
  switch (code) {
    case Errc::disconnected:
    case Errc::database_unavailable:
    case Errc::version_unsupported:
      return ExitCode::unreachable;
    case Errc::task_unknown:
    case Errc::object_unknown:
    case Errc::worker_unknown:
      return ExitCode::not_found;
    case Errc::timeout:
      return ExitCode::timed_out;
    case Errc::bad_request:
    case Errc::name_invalid:
    case Errc::option_out_of_range:
      return ExitCode::usage;
    default:
      return ExitCode::failed;
  }
}

void add_line(std::string& text, const char* label, const std::string& value) {
  if (!value.empty()) text += "\n  " + std::string{label} + ": " + value;
}

// Puts each line of `text` below its label.
std::string indented(const std::string& text) {
  std::string lines;
  for (char c : text) {
    if (lines.empty()) lines = "\n    ";
    lines += c;
    if (c == '\n') lines += "    ";
  }
  while (!lines.empty() && (lines.back() == ' ' || lines.back() == '\n')) lines.pop_back();
  return lines;
}

std::string where(const TaskError& error) {
  return "worker " + (error.worker().empty() ? "unknown" : error.worker()) + ", attempt " +
         std::to_string(error.attempt());
}

std::string report_of_remote(const RemoteError& error) {
  std::string text = error.what();
  add_line(text, "type", error.type());
  add_line(text, "where", where(error));
  add_line(text, "cause", indented(error.cause()));
  add_line(text, "backtrace", indented(error.backtrace()));
  return text;
}

std::string report_of_lost(const WorkerLost& error) {
  std::string text = error.what();
  add_line(text, "where", where(error));
  if (error.signal() != 0) {
    add_line(text, "signal", std::to_string(error.signal()) + " (" + ::strsignal(error.signal()) + ")");
  } else {
    add_line(text, "exit status", std::to_string(error.exit_code()));
  }
  add_line(text, "last output", indented(error.output()));
  return text;
}

std::string with_fix(const CommandError& error) {
  return error.what() + (error.fix().empty() ? "" : "\n  fix: " + error.fix());
}

}  // namespace

Report report_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const CommandError& failure) {
    return {failure.code(), with_fix(failure)};
  } catch (const RemoteError& remote) {
    if (const auto unstarted = start_error(remote)) return {ExitCode::failed, with_fix(*unstarted)};
    return {ExitCode::failed, report_of_remote(remote)};
  } catch (const WorkerLost& lost) {
    return {ExitCode::failed, report_of_lost(lost)};
  } catch (const Error& other) {
    return {exit_code_of(other.code()), other.what()};
  } catch (const std::exception& other) {
    return {ExitCode::failed, other.what()};
  }
}

}  // namespace forkmill::cli
