#include "client/cli/text/label.h"

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

}  // namespace forkmill::cli
