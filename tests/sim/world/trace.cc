#include "tests/sim/world/trace.h"

#include <cstring>

#include "proto/wire/codec.h"

namespace forkmill::sim {

using namespace proto;

namespace {

struct Describe {
  std::string operator()(const Hello& m) const {
    std::string text = m.name + " nonce " + std::to_string(m.nonce % 10000) + " resume " + session(m.resume);
    for (const auto& grant : m.worker.holding) text += " " + to_string(grant);
    return text;
  }
  std::string operator()(const Welcome& m) const {
    std::string text = "nonce " + std::to_string(m.nonce % 10000) + " session " + session(m.session) +
                       (m.resumed ? " resumed" : "") + " commit " + std::to_string(m.commit.value()) + " granted " +
                       std::to_string(m.granted) + " abandon";
    for (const auto& grant : m.abandon) text += " " + to_string(grant);
    return text;
  }
  std::string operator()(const ErrorMessage& m) const { return std::string{errc_name(m.code)} + " " + m.text; }
  std::string operator()(const Submit& m) const {
    std::string text;
    for (const auto& task : m.tasks) text += brief(task.id) + " ";
    return text;
  }
  std::string operator()(const SubmitAck& m) const {
    std::string text = "of";
    for (const auto seq : m.messages) text += " " + std::to_string(seq.value());
    text += " commit " + std::to_string(m.commit.value());
    for (const auto& one : m.rejected) text += " -" + brief(one.id) + " " + std::string{errc_name(one.code)};
    return text;
  }
  std::string operator()(const Results& m) const {
    std::string text;
    for (const auto& result : m.results) text += brief(result.id) + kind(result.outcome) + " ";
    return text;
  }
  std::string operator()(const ResultAck& m) const {
    std::string text = "of";
    for (const auto seq : m.messages) text += " " + std::to_string(seq.value());
    return text;
  }
  std::string operator()(const Attach& m) const { return ids(m.ids); }
  std::string operator()(const Cancel& m) const { return ids(m.ids) + ids(m.unless_started); }
  std::string operator()(const CancelReply& m) const {
    std::string text;
    for (const auto& one : m.answers) text += brief(one.id) + "=" + std::to_string(static_cast<int>(one.state)) + " ";
    return text;
  }
  std::string operator()(const proto::Credit& m) const { return std::to_string(m.total); }
  std::string operator()(const Grants& m) const {
    std::string text;
    for (const auto& task : m.tasks) text += brief(task.id) + "=" + to_string(task.grant) + " ";
    return text;
  }
  std::string operator()(const Outcomes& m) const {
    std::string text;
    for (const auto& one : m.outcomes) text += to_string(one.grant) + kind(one.outcome) + " ";
    return text + "credit " + std::to_string(m.credit);
  }
  std::string operator()(const Return& m) const { return grants(m.grants) + "credit " + std::to_string(m.credit); }
  std::string operator()(const Revoke& m) const { return grants(m.grants) + grants(m.unless_started); }
  std::string operator()(const Revoked& m) const {
    std::string text;
    for (const auto& one : m.answers)
      text += to_string(one.grant) + "=" + std::to_string(static_cast<int>(one.state)) + " ";
    return text + "credit " + std::to_string(m.credit);
  }
  std::string operator()(const Query& m) const {
    return "#" + std::to_string(m.id) + " kind " + std::to_string(static_cast<int>(m.kind)) + " of " +
           brief_argument(m.argument);
  }
  std::string operator()(const Reply& m) const {
    return "#" + std::to_string(m.id) + " " + std::string{errc_name(m.code)} + " " + m.text;
  }
  std::string operator()(const Operate& m) const {
    std::string text = "answered " + std::to_string(m.answered) + ":";
    for (const auto& one : m.operations)
      text += " " + std::to_string(one.number) + " (verb " + std::to_string(static_cast<int>(one.verb)) + ")";
    return text;
  }
  std::string operator()(const Operated& m) const {
    std::string text;
    for (const auto& one : m.answers) text += std::to_string(one.number) + "=" + std::string{errc_name(one.code)} + " ";
    return text;
  }
  std::string operator()(const Started& m) const {
    std::string text;
    for (const auto& one : m.notes)
      text += brief(one.id) + "=" + to_string(one.grant) + " pid " + std::to_string(one.pid) + " ";
    return text;
  }
  std::string operator()(const Signals& m) const {
    std::string text;
    for (const auto& one : m.notes)
      text +=
          to_string(one.grant) + " signal " + std::to_string(one.signal) + " no " + std::to_string(one.number) + " ";
    return text;
  }
  std::string operator()(const ChildrenGone& m) const {
    std::string text;
    for (const auto pid : m.pids) text += std::to_string(pid) + " ";
    return text;
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }

  // Ids are told apart by their ends.
  static std::string brief_argument(const std::string& argument) {
    constexpr std::size_t kId = 36;
    return argument.size() < kId ? argument : argument.substr(kId - 4);
  }
  static std::string session(SessionId id) { return std::to_string(id.value() % 10000); }
  static std::string kind(const Outcome& outcome) {
    return ":" + std::to_string(static_cast<int>(outcome.kind)) + "@" + std::to_string(outcome.attempt.value());
  }
  static std::string ids(const std::vector<TaskId>& list) {
    std::string text;
    for (const auto& id : list) text += brief(id) + " ";
    return text;
  }
  static std::string grants(const std::vector<Grant>& list) {
    std::string text;
    for (const auto& grant : list) text += to_string(grant) + " ";
    return text;
  }
};

}  // namespace

std::string brief(const TaskId& id) { return id.to_string().substr(32); }

std::string describe(const Envelope& envelope) {
  return std::string{type_name(envelope.message)} + " [" + Describe::session(envelope.header.session) + " " +
         std::to_string(envelope.header.seq.value()) + "] " + std::visit(Describe{}, envelope.message);
}

void Trace::message(Instant now, std::string_view who, std::string_view arrow, const Envelope& envelope,
                    std::string_view bytes) {
  fold(static_cast<std::uint64_t>(now.count()));
  fold(who);
  fold(arrow);
  fold(bytes);
  ++lines_;
  ++messages_;
  if (verbose_) print(now, who, std::string{arrow} + " " + describe(envelope));
}

void Trace::print(Instant now, std::string_view who, std::string_view what) {
  std::printf("%12.6f %-10.*s %.*s\n", static_cast<double>(now.count()) / 1e6, static_cast<int>(who.size()), who.data(),
              static_cast<int>(what.size()), what.data());
}

void Trace::fold(std::string_view bytes) {
  fold(bytes.size());
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    fold(word);
  }
  for (const char byte : bytes) fold(static_cast<unsigned char>(byte));
}

}  // namespace forkmill::sim
