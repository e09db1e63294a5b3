// Target `seal`: what a broker could send in the place of sealed payloads. Nothing opens but what a holder of the key
// has sealed, and that only as a whole.
#include <string>

#include "proto/seal/task_seals.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/require.h"

namespace {

using namespace forkmill;
using namespace forkmill::proto;

const TaskSeals& seals() {
  static const TaskSeals all{
      SealRing::parse("seal pay.*,a " + std::string(64, 'a') + "\nseal * " + std::string(64, 'b'), "keys").value(),
      [] { return SealNonce{1}; }};
  return all;
}

// Any bytes are refused, or have no head that makes sense: no input has a tag of these keys.
void forged(std::string_view bytes) {
  TaskSpec spec;
  spec.queue = "pay.eu";
  spec.name = "send";
  const auto opened = seals().open_arguments(spec, Payload::copy(bytes));
  fuzz::require(!opened.ok(), "no forged arguments are taken");
  (void)nonce_of_arguments(bytes);
  (void)seal_text(bytes);
  for (const auto kind : {OutcomeKind::succeeded, OutcomeKind::failed, OutcomeKind::lost}) {
    Outcome outcome = Outcome::ended(kind, Errc::handler_error, "text");
    outcome.value = Payload::copy(bytes);
    open_outcome(&seals(), {TaskId{}, SealNonce{}}, outcome);
    fuzz::require(outcome.kind != OutcomeKind::succeeded, "no forged result is taken");
  }
  std::string note{bytes};
  open_note(&seals(), {TaskId{}, SealNonce{}}, note);
  fuzz::require(note.empty(), "no forged note is taken");
}

// A box opens as it was sealed, and no longer after a change of one byte.
void changed(fuzz::Feed& feed) {
  TaskSpec spec;
  spec.queue = "pay.eu";
  spec.name = "send";
  spec.signature = feed.number();
  const auto place = feed.number();
  const auto bit = static_cast<char>(1 << feed.below(8));
  const std::string clear{feed.rest()};
  const auto sealed = seals().seal_arguments(TaskId::make(1, 2, 3), spec, clear);
  const auto opened = seals().open_arguments(spec, sealed.value());
  fuzz::require(opened.ok() && opened->arguments.view() == clear, "a box opens as it was sealed");
  std::string bytes{sealed.value().view()};
  auto& byte = bytes[place % bytes.size()];
  byte = static_cast<char>(byte ^ bit);
  fuzz::require(!seals().open_arguments(spec, Payload::copy(bytes)).ok(), "a changed box does not open");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Feed feed{data, size};
  feed.flag() ? forged(feed.rest()) : changed(feed);
  return 0;
}
