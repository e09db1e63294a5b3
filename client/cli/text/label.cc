#include "client/cli/text/label.h"

#include <forkmill/exec.h>
#include <forkmill/serialize.h>

#include <tuple>

#include "client/cli/text/quote.h"
#include "proto/limits.h"
#include "proto/text.h"

namespace forkmill::cli {

std::string command_label(std::string_view command) {
  constexpr std::string_view kCut = "…";
  const auto max = proto::limits::kMaxName;
  auto label = command.size() <= max ? std::string{command}
                                     : std::string{proto::first_bytes(command, max - kCut.size())} + std::string{kCut};
  for (char& c : label) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return label;
}

std::string command_line(const std::vector<std::string>& argv, bool shell) {
  return shell && argv.size() == 1 ? argv[0] : shell_join(argv);
}

std::string label_of_task(std::string_view name, std::string_view arguments) {
  if (name != kExec.name()) return {};
  try {
    const auto request = std::get<0>(unpack_value<std::tuple<ExecRequest>>(arguments));
    return command_label(command_line(request.argv, request.shell));
  } catch (const DecodeError&) {
    return {};  // the worker reports what is wrong
  }
}

}  // namespace forkmill::cli
