#include "client/objects/errors.h"

#include <forkmill/object_errors.h>

#include "client/objects/opening.h"

namespace forkmill::client {

void throw_object_error(Errc code, const std::string& text) {
  switch (code) {
    case Errc::object_full:
      throw Full{text};
    case Errc::object_empty:
      throw Empty{text};
    case Errc::end_of_stream:
      throw EndOfStream{text};
    case Errc::barrier_broken:
      throw BrokenBarrier{text};
    case Errc::lease_lost:
      throw LeaseLost{text};
    case Errc::key_unknown:
      throw UnknownKey{text};
    case Errc::index_unknown:
      throw UnknownIndex{text};
    case Errc::timeout:
      throw Timeout{code, text};
    case Errc::payload_too_large:
      throw Rejected{code, text};
    case Errc::disconnected:
    case Errc::client_closed:
    case Errc::version_unsupported:
      throw Disconnected{code, text};
    default:
      throw Error{code, text};
  }
}

std::string about_object(const std::string& name, const proto::OperationAnswer& answer) {
  std::string quoted = is_anonymous(name) ? std::string{} : "'" + name + "'";
  if (answer.text == errc_text(answer.code)) return quoted;
  return quoted.empty() ? answer.text : answer.text + " (" + quoted + ")";
}

}  // namespace forkmill::client
