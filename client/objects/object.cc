#include "client/objects/object.h"

#include <forkmill/client.h>
#include <forkmill/default_client.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "client/futures/log.h"
#include "client/futures/outcome.h"
#include "proto/names.h"

namespace forkmill {

namespace {

thread_local detail::Origin* scope_engine = nullptr;

}  // namespace

ObjectOptions::ObjectOptions(const Client& client) : engine_{client.engine_} {}

detail::Ref<detail::Origin> ObjectOptions::engine() const {
  if (engine_) return engine_;
  if (scope_engine != nullptr) return detail::Ref<detail::Origin>{scope_engine};
  return ObjectOptions{default_client()}.engine_;
}

namespace detail {

ClientScope::ClientScope(Origin* engine) noexcept : before_{std::exchange(scope_engine, engine)} {}
ClientScope::~ClientScope() { scope_engine = before_; }

const std::string& Handle::name() const { return object().name(); }
void Handle::remove() { object().remove(); }

Ticket Handle::ticket() const {
  const auto& spec = object().spec();
  return {spec.name, spec.size, spec.flags & proto::kObjectIdentity, 0, 0};
}

client::Object& Handle::object() const {
  if (!object_) throw std::logic_error{"this handle is empty: it was moved from"};
  return *object_;
}

Origin* Handle::engine() const { return &object().engine(); }

void throw_element_undecodable(const std::string& object, const char* why) {
  throw Error{Errc::result_undecodable, std::string{why} + " (a value of '" + object + "')"};
}

namespace {

constexpr std::size_t kMaxDepth = 64;  // as unpack_bounded() takes it

// Stops where it gets too deep.
struct DepthVisitor : msgpack::null_visitor {
  std::size_t depth = 0;
  bool enter() { return ++depth < kMaxDepth; }
  bool leave() {
    --depth;
    return true;
  }
  bool start_array(std::uint32_t) { return enter(); }
  bool end_array() { return leave(); }
  bool start_map(std::uint32_t) { return enter(); }
  bool end_map() { return leave(); }
};

bool is_container(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return (byte >= 0x80 && byte <= 0x9F) || (byte >= 0xDC && byte <= 0xDF);
}

}  // namespace

void check_value(std::string_view bytes) {
  if (bytes.size() > proto::limits::kMaxPayload)
    throw Rejected{Errc::payload_too_large, std::to_string(bytes.size()) + " bytes; the maximum is " +
                                                std::to_string(proto::limits::kMaxPayload)};
  if (bytes.empty() || !is_container(bytes.front())) return;
  DepthVisitor visitor;
  if (!msgpack::parse(bytes.data(), bytes.size(), visitor) && visitor.depth >= kMaxDepth)
    throw Rejected{Errc::payload_too_large, "nested " + std::to_string(kMaxDepth) + " deep or more"};
}

}  // namespace detail
}  // namespace forkmill

namespace forkmill::client {

using namespace std::chrono_literals;

namespace {

constexpr auto kGrace = 1s;         // beyond a time limit, for the broker's answer
constexpr auto kLongestGrace = 1s;  // when the broker seems to be there
constexpr auto kLookAgain = 250ms;

milliseconds wire_wait(const std::optional<detail::Wait>& wait) {
  if (!wait || !*wait) return milliseconds{-1};
  return std::clamp(std::chrono::ceil<milliseconds>(**wait), milliseconds{0},
                    std::chrono::ceil<milliseconds>(proto::limits::kMaxDuration));
}

bool changes_something(Verb verb) { return verb == Verb::put || verb == Verb::send || verb == Verb::acted; }

}  // namespace

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

std::uint64_t this_thread_number() {
  static std::atomic<std::uint64_t> last{0};
  thread_local const std::uint64_t mine = ++last;
  return mine;
}

proto::Payload payload_of(std::string bytes) { return proto::Payload::own(std::move(bytes)); }
detail::Bytes bytes_of(const proto::Payload& payload) { return {payload.owner(), payload.view()}; }

std::vector<proto::Payload> payloads_of(std::vector<std::string> values) {
  std::vector<proto::Payload> payloads;
  payloads.reserve(values.size());
  for (auto& value : values) payloads.push_back(payload_of(std::move(value)));
  return payloads;
}

std::vector<detail::Bytes> bytes_of(const std::vector<proto::Payload>& payloads) {
  std::vector<detail::Bytes> all;
  all.reserve(payloads.size());
  for (const auto& payload : payloads) all.push_back(bytes_of(payload));
  return all;
}

void OnAnswer::run() noexcept {
  try {
    act_(static_cast<Call&>(*source).answer());
  } catch (const std::exception& error) {
    log().warn("the answer to an operation could not be used: {}", error.what());
  }
}

// ---- Opening and the end --------------------------------------------------------------------------------------------

Object::Object(detail::Ref<detail::Origin> engine, proto::ObjectSpec spec, bool removes)
    : engine_{std::move(engine)}, spec_{std::move(spec)}, removes_{removes} {}

std::shared_ptr<Object> Object::open(const ObjectOptions& options, proto::ObjectSpec spec, std::int64_t ends) {
  static std::atomic<std::uint64_t> last_anonymous{0};
  auto origin = options.engine();
  auto& engine = engine_of(origin);
  const bool anonymous = spec.name.empty();
  if (anonymous) {
    spec.name = "anonymous:" + std::to_string(engine.holdings().owner()) + ":" + std::to_string(++last_anonymous);
    if (spec.kind != ObjectKind::pipe) spec.flags |= proto::kObjectOwned;
  } else if (!proto::is_name(spec.name)) {
    throw Error{Errc::name_invalid, "object name '" + spec.name.substr(0, proto::limits::kMaxName) + "'"};
  }
  if (options.is_durable()) spec.durability = proto::Durability::durable;
  if (options.is_owned()) spec.flags |= proto::kObjectOwned;
  if (options.has_to_exist()) spec.flags |= proto::kObjectMustExist;
  if (options.has_to_be_new()) spec.flags |= proto::kObjectMustBeNew;

  auto object = std::make_shared<Object>(std::move(origin), spec, anonymous && spec.kind != ObjectKind::pipe);
  auto operation = proto::Operation{};
  operation.verb = Verb::open;
  operation.who = this_thread_number();
  operation.a = ends;
  operation.spec = std::move(spec);
  const auto call = engine.objects().run(std::move(operation), object->spec_.kind, {});
  call->wait({});
  if (call->answer().code != Errc::ok) object->fail(call->answer());
  object->number_ = static_cast<std::uint64_t>(call->answer().a);
  object->made_ = call->answer().b != 0;
  return object;
}

std::shared_ptr<Object> Object::open(const detail::Ticket& ticket, ObjectKind kind, std::uint64_t type) {
  proto::ObjectSpec spec;
  spec.name = ticket.name;
  spec.kind = kind;
  spec.type = type;
  spec.size = ticket.size;
  spec.flags = ticket.flags & proto::kObjectIdentity;
  return open(ObjectOptions{}.must_exist(), std::move(spec));
}

Object::~Object() {
  if (!removes_ || number_ == 0) return;
  if (spec_.kind == ObjectKind::semaphore) engine().holdings().units().forget(number_);
  forget({.verb = Verb::remove});
}

void Object::remove() {
  require({.verb = Verb::remove});
  engine().holdings().units().forget(number_);
}

void Object::check_open() const {
  if (closed_) throw Error{Errc::object_closed, "'" + name() + "'"};
}

std::string Object::about(const Answer& answer) const {
  const std::string quoted = "'" + name() + "'";
  return answer.text == errc_text(answer.code) ? quoted : answer.text + " (" + quoted + ")";
}

void Object::fail(const Answer& answer) const { throw_object_error(answer.code, about(answer)); }

// ---- Operations -----------------------------------------------------------------------------------------------------

proto::Operation Object::operation(ObjectRequest& request) const {
  proto::Operation operation;
  operation.verb = request.verb;
  operation.object = number_;
  operation.who = this_thread_number();
  operation.wait = wire_wait(request.wait);
  operation.a = request.a;
  operation.b = request.b;
  operation.values = std::move(request.values);
  return operation;
}

CallRef Object::start(ObjectRequest request) {
  check_open();
  return engine().objects().start(operation(request), spec_.kind);
}

void Object::forget(ObjectRequest request) noexcept {
  try {
    if (engine().in_forked_child()) return;
    engine().objects().post(operation(request), spec_.kind);
  } catch (const std::exception& error) {
    log().debug("{}: {}", name(), error.what());  // the client has ended, and with it what it had
  }
}

Object::Answer Object::call(ObjectRequest request, std::function<void(Answer&)> undo) {
  check_open();
  const bool limited = request.wait && *request.wait;
  if (!limited) {
    const auto call = engine().objects().run(operation(request), spec_.kind, {});
    call->wait({});
    return std::move(call->answer());
  }
  const auto wait = std::max(**request.wait, std::chrono::nanoseconds{0});
  const auto verb = request.verb;
  auto deadline = detail::deadline_after(detail::saturated<std::chrono::nanoseconds>(
      std::min<std::chrono::nanoseconds>(wait, proto::limits::kMaxDuration) + kGrace));
  const auto last = *deadline + kLongestGrace;
  const auto call = engine().objects().run(operation(request), spec_.kind, deadline);
  while (!call->wait(deadline)) {
    if (engine().reachability().reachable() && *deadline < last) {
      *deadline += kLookAgain;
      continue;
    }
    engine().objects().give_up(call);
    if (call->ready()) break;
    give_up(call, std::move(undo));
    const auto why = engine().why_waiting();
    return {0, changes_something(verb) ? Errc::disconnected : Errc::timeout, why, 0, 0, {}};
  }
  return std::move(call->answer());
}

void Object::give_up(const CallRef& call, std::function<void(Answer&)> undo) {
  if (!undo) return;
  call->add(new OnAnswer{[undo = std::move(undo), self = shared_from_this()](Answer& answer) {
    if (answer.code == Errc::ok) undo(answer);
  }});
}

Object::Answer Object::require(ObjectRequest request, std::function<void(Answer&)> undo) {
  auto answer = call(std::move(request), std::move(undo));
  if (answer.code != Errc::ok) fail(answer);
  return answer;
}

// ---- What is held ---------------------------------------------------------------------------------------------------

void Object::acquired(std::int64_t token) {
  const std::unique_lock lock{mutex_};
  if (is_lost()) holding_ = {};
  holding_.who = this_thread_number();
  holding_.token = token;
  ++holding_.count;
  holding_.losses = engine().holdings().losses();
}

void Object::hold(const Holding& holding) {
  const std::unique_lock lock{mutex_};
  holding_ = holding;
}

Holding Object::take_all() {
  const std::unique_lock lock{mutex_};
  return std::exchange(holding_, {});
}

Holding Object::take_one() {
  const std::unique_lock lock{mutex_};
  const Holding before = holding_;
  if (holding_.count == 0) return {};
  if (--holding_.count == 0) holding_ = {};
  if (before.losses != engine().holdings().losses())
    throw LeaseLost{"this client was out of reach for too long; somebody else may have had '" + name() + "' since"};
  return before;
}

std::int64_t Object::token() const {
  const std::unique_lock lock{mutex_};
  return holding_.count > 0 && !is_lost() ? holding_.token : 0;
}

void Object::keep_late(Answer& answer) {
  const std::unique_lock lock{mutex_};
  for (auto& value : answer.values) late_.push_back(std::move(value));
}

bool Object::take_late(std::size_t most, std::vector<proto::Payload>& into) {
  const std::unique_lock lock{mutex_};
  for (; !late_.empty() && into.size() < most; late_.pop_front()) into.push_back(std::move(late_.front()));
  return !into.empty();
}

}  // namespace forkmill::client
