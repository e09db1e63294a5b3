#include "proto/seal/task_seals.h"

#include <sodium.h>

#include <array>
#include <memory>
#include <utility>

#include "proto/limits.h"
#include "proto/text.h"

namespace forkmill::proto {

namespace {

constexpr std::string_view kProcessSuffix = "+process";  // behind the queue of a granted process task (PROTOCOL.md)
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;

std::string_view queue_of_submitter(const TaskSpec& granted) {
  std::string_view queue = granted.queue;
  if (granted.options.process && queue.ends_with(kProcessSuffix)) queue.remove_suffix(kProcessSuffix.size());
  return queue;
}

std::string key_text(const SealKeyId& id) { return "key " + to_string(id); }

// ---- The texts of an error ------------------------------------------------------------------------------------------

void pack_number(std::string& packed, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) packed += static_cast<char>(number >> shift);
}

// The members of an error that may tell of the arguments; their order never changes.
std::array<std::string ErrorReport::*, 4> texts_of_error() {
  return {&ErrorReport::type, &ErrorReport::message, &ErrorReport::backtrace, &ErrorReport::cause};
}

std::string packed(const ErrorReport& error) {
  std::string bytes;
  pack_number(bytes, static_cast<std::uint32_t>(error.code));
  const auto add = [&](const std::string& text) {
    pack_number(bytes, static_cast<std::uint32_t>(text.size()));
    bytes += text;
  };
  for (const auto text : texts_of_error()) add(error.*text);
  add(error.forensics.output);
  return bytes;
}

std::optional<std::uint32_t> unpack_number(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) number = number << 8 | static_cast<std::uint8_t>(byte);
  bytes.remove_prefix(4);
  return number;
}

// Returns false for bytes that packed() has not made.
bool unpack(std::string_view bytes, ErrorReport& error) {
  const auto code = unpack_number(bytes);
  if (!code) return false;
  error.code = errc_from(*code);
  const auto read = [&](std::string& text) {
    const auto size = unpack_number(bytes);
    if (!size || *size > bytes.size()) return false;
    text = bytes.substr(0, *size);
    bytes.remove_prefix(*size);
    return true;
  };
  for (const auto text : texts_of_error())
    if (!read(error.*text)) return false;
  return read(error.forensics.output) && bytes.empty();
}

// ---- Answers --------------------------------------------------------------------------------------------------------

void refuse(Outcome& outcome, Errc code, std::string text) {
  const Attempt attempt = outcome.attempt;
  SharedText worker = std::move(outcome.worker);
  outcome = Outcome::ended(OutcomeKind::failed, code, std::move(text));
  outcome.error->type = errc_name(code);
  outcome.attempt = attempt;
  outcome.worker = std::move(worker);
}

// Whether a handler has ended the task, so that a worker with the key has sealed what it says. The rest is said by the
// broker, or by a worker that has not begun.
bool is_of_handler(const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::succeeded) return true;
  if (outcome.kind != OutcomeKind::failed && outcome.kind != OutcomeKind::retry) return false;
  switch (outcome.error ? outcome.error->code : Errc::unknown) {
    case Errc::unknown_task:
    case Errc::signature_mismatch:
    case Errc::worker_lost:
    case Errc::result_too_large:
    case Errc::seal_key_missing:
    case Errc::seal_required:
    case Errc::seal_broken:
      return false;
    default:
      return true;
  }
}

// Opens an answer of this kind to the task.
Result<Payload> open_answer(const TaskSeals* seals, const SealExpectation& expected, SealedKind kind,
                            std::string_view sealed) {
  const auto head = read_sealed_head(sealed);
  if (!head.ok()) return head.failure();
  if (seals == nullptr)
    return Failure{Errc::seal_key_missing,
                   "it is sealed with " + key_text(head->key) + ", and this client has no keys"};
  auto clear = seals->open(sealed);
  if (!clear.ok()) return clear;
  const auto of_another = [](const char* what) {
    return Failure{Errc::seal_broken, std::string{"the broker has answered with "} + what};
  };
  if (head->kind != kind) return of_another("sealed bytes of another kind");
  if (head->task != expected.task) return of_another(("an answer to task " + head->task.to_string()).c_str());
  if (expected.arguments && head->arguments != *expected.arguments)
    return of_another("an answer to other arguments of a task of this id");
  return clear;
}

// Puts the opened value in the place of the sealed one, whose owner lives as long: ends of pipes depend on it, which
// lie in the value (client/engine/holdings/received_loans.h).
void keep_with(Payload& value, Payload&& clear) {
  if (!value.owner()) {
    value = std::move(clear);
    return;
  }
  struct Both {
    Payload sealed;
    Payload clear;
  };
  auto both = std::make_shared<const Both>(Both{std::move(value), std::move(clear)});
  const auto bytes = both->clear.view();
  value = Payload::share(std::move(both), bytes);
}

}  // namespace

Result<Payload> TaskSeals::seal_arguments(const TaskId& id, const TaskSpec& spec, std::string_view clear) const {
  const SealKey* key = ring_.sealing(spec.queue);
  if (key == nullptr) {
    if (ring_.may_be_clear(spec.queue)) return Payload::copy(clear);
    return Failure{Errc::seal_key_missing, "there is no seal key for queue " + spec.queue +
                                               ", and nothing may be sent to it in the clear; add a line `seal`, or "
                                               "`clear`, to the seal keys of this client"};
  }
  SealedHead head;
  head.key = key->id();
  head.task = id;
  head.signature = spec.signature;
  head.queue = spec.queue;
  head.name = spec.name;
  head.nonce = spec.options.key.empty() ? nonces_() : nonce_of_content(*key, head, clear);
  return seal_box(*key, head, clear);
}

Result<OpenedArguments> TaskSeals::open_arguments(const TaskSpec& granted, const Payload& payload) const {
  const auto queue = queue_of_submitter(granted);
  if (!is_sealed(payload.view())) {
    if (ring_.sealing(queue) == nullptr) return OpenedArguments{payload, std::nullopt};
    return Failure{Errc::seal_required,
                   "the arguments are not sealed, and this worker has a seal key for queue " + std::string{queue}};
  }
  const auto head = read_sealed_head(payload.view());
  if (!head.ok()) return head.failure();
  if (ring_.find(head->key) != nullptr && !ring_.is_for(head->key, queue))
    return Failure{Errc::seal_key_missing, "the arguments are sealed with " + key_text(head->key) +
                                               ", which is no key of queue " + std::string{queue} + " at this worker"};
  auto clear = open(payload.view());
  if (!clear.ok()) return clear.failure();
  if (head->kind != SealedKind::arguments) return Failure{Errc::seal_broken, "the sealed bytes are no arguments"};
  if (head->queue != queue || head->name != granted.name || head->signature != granted.signature)
    return Failure{Errc::seal_broken, "the arguments are sealed for task " + std::string{head->name} + " in queue " +
                                          std::string{head->queue} +
                                          ": they were moved; submit the task again from a client with the key"};
  return OpenedArguments{std::move(clear).value(), SealOrigin{head->key, head->task, head->nonce}};
}

Payload TaskSeals::seal_answer(SealedKind kind, const SealOrigin& origin, std::string_view clear) const {
  SealedHead head;
  head.kind = kind;
  head.nonce = nonces_();
  head.task = origin.task;
  head.arguments = origin.arguments;
  return seal_box(*ring_.find(origin.key), head, clear);
}

void TaskSeals::seal_outcome(const SealOrigin& origin, Outcome& outcome) const {
  if (outcome.kind == OutcomeKind::succeeded) {
    Payload sealed = seal_answer(SealedKind::result, origin, outcome.value.view());
    if (sealed.size() <= limits::kMaxPayload) {
      outcome.value = std::move(sealed);
      return;
    }
    const auto size = std::to_string(sealed.size());
    outcome.value = {};
    outcome.kind = OutcomeKind::failed;
    ErrorReport& error = outcome.error.emplace();
    error.code = Errc::result_too_large;
    error.type = errc_name(error.code);
    error.message = "the sealed result has " + size + " bytes; the limit is " + std::to_string(limits::kMaxPayload);
    return;
  }
  if (!outcome.error) return;
  ErrorReport& error = *outcome.error;
  outcome.value = seal_answer(SealedKind::error, origin, packed(error));
  error.forensics.output.clear();
  if (outcome.kind == OutcomeKind::lost) return;
  for (const auto text : texts_of_error()) (error.*text).clear();
  error.message = "sealed with " + key_text(origin.key);
}

std::string TaskSeals::seal_note(const SealOrigin& origin, std::string_view note) const {
  SealedHead head;
  head.kind = SealedKind::progress;
  constexpr std::size_t kRoom = limits::kMaxProgressNote / 4 * 3;
  const auto sealed = seal_answer(SealedKind::progress, origin, first_bytes(note, kRoom - sealed_size(head, 0)));
  std::string text(sodium_base64_encoded_len(sealed.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(sealed.view().data()),
                    sealed.size(), kBase64);
  text.pop_back();  // the zero byte
  return text;
}

Result<Payload> TaskSeals::open(std::string_view sealed) const {
  const auto head = read_sealed_head(sealed);
  if (!head.ok()) return head.failure();
  const SealKey* key = ring_.find(head->key);
  if (key == nullptr) return Failure{Errc::seal_key_missing, key_text(head->key) + " is not among the seal keys here"};
  auto clear = open_box(*key, head.value(), sealed);
  if (!clear)
    return Failure{Errc::seal_broken, "the bytes do not open with " + key_text(head->key) + ": they were changed"};
  return *std::move(clear);
}

std::optional<SealNonce> nonce_of_arguments(std::string_view payload) {
  if (!is_sealed(payload)) return std::nullopt;
  const auto head = read_sealed_head(payload);
  return head.ok() ? std::optional{head->nonce} : std::nullopt;
}

void open_outcome(const TaskSeals* seals, const SealExpectation& expected, Outcome& outcome) {
  const bool succeeded = outcome.kind == OutcomeKind::succeeded;
  if (!is_sealed(outcome.value.view())) {
    const bool must_be_sealed = expected.arguments || (seals != nullptr && seals->ring().all_sealed());
    if (!must_be_sealed || !is_of_handler(outcome)) return;
    return refuse(
        outcome, Errc::seal_required,
        std::string{"the broker has answered with "} + (succeeded ? "a result" : "an error") + " that is not sealed");
  }
  auto clear = open_answer(seals, expected, succeeded ? SealedKind::result : SealedKind::error, outcome.value.view());
  if (!clear.ok()) {
    if (!is_of_handler(outcome)) {
      outcome.value = {};  // the end as the broker tells it is all that can be known
      return;
    }
    return refuse(outcome, clear.code(), clear.failure().text);
  }
  if (succeeded) return keep_with(outcome.value, std::move(clear).value());
  ErrorReport opened;
  if (!unpack(clear->view(), opened)) return refuse(outcome, Errc::seal_broken, "the sealed error makes no sense");
  outcome.value = {};
  if (!outcome.error) outcome.error.emplace();
  ErrorReport& error = *outcome.error;
  for (const auto text : texts_of_error()) error.*text = std::move(opened.*text);
  error.forensics.output = std::move(opened.forensics.output);
  if (is_of_handler(outcome)) error.code = opened.code;
}

void open_note(const TaskSeals* seals, const SealExpectation& expected, std::string& note) {
  const std::string text = std::exchange(note, {});
  std::string sealed(text.size(), '\0');
  std::size_t size = 0;
  const bool decoded = sodium_base642bin(reinterpret_cast<unsigned char*>(sealed.data()), sealed.size(), text.data(),
                                         text.size(), nullptr, &size, nullptr, kBase64) == 0;
  sealed.resize(decoded ? size : 0);
  if (!is_sealed(sealed)) {
    if (!expected.arguments && (seals == nullptr || !seals->ring().all_sealed())) note = text;
    return;
  }
  if (auto clear = open_answer(seals, expected, SealedKind::progress, sealed); clear.ok()) note = clear->view();
}

std::string seal_text(std::string_view payload) {
  if (!is_sealed(payload)) return {};
  const auto head = read_sealed_head(payload);
  return head.ok() ? "sealed with " + key_text(head->key) : "sealed in a form that this version does not know";
}

}  // namespace forkmill::proto
