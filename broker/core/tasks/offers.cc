#include "broker/core/tasks/offers.h"

#include <forkmill/signature.h>

#include <algorithm>
#include <bit>

#include "broker/core/tasks/queue.h"
#include "proto/limits.h"
#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kBits = 64;  // bits of a word

}  // namespace

// ---- Offer ----------------------------------------------------------------------------------------------------------

Offer::Offer(Setup setup) : setup_{std::move(setup)}, noted_((setup_.queues.size() + kBits - 1) / kBits) {
  for (std::size_t place = 0; place < setup_.queues.size(); ++place) setup_.queues[place]->offers.add(*this, place);
}

Offer::~Offer() {
  for (Queue* queue : setup_.queues) queue->offers.remove(*this);
  if (is_listed_) std::erase(setup_.awake, this);
}

bool Offer::look_up(const TaskTypes& types, TaskTypeId type) const {
  if (served_.size() <= type) served_.resize(type + 1);
  const std::uint64_t wanted = types.signature(type);
  const bool is_served = std::any_of(setup_.tasks.begin(), setup_.tasks.end(), [&](const proto::TaskInfo& task) {
    return task.name == types.name(type) && (wanted == 0 || signature_hash(task.signature) == wanted);
  });
  served_[type] = {types.generation(type), true, is_served};
  return is_served;
}

bool Offer::has_name(std::string_view name) const {
  return std::any_of(setup_.tasks.begin(), setup_.tasks.end(),
                     [&](const proto::TaskInfo& task) { return task.name == name; });
}

void Offer::add_signatures(std::string_view name, std::set<std::string_view>& signatures) const {
  for (const proto::TaskInfo& task : setup_.tasks)
    if (task.name == name) signatures.insert(task.signature);
}

void Offer::note(std::size_t place) {
  std::uint64_t& word = noted_[place / kBits];
  const std::uint64_t bit = std::uint64_t{1} << place % kBits;
  if ((word & bit) != 0) return;
  word |= bit;
  ++noted_count_;
  list_if_awake();
}

void Offer::note_all() {
  for (std::size_t place = 0; place < setup_.queues.size(); ++place) note(place);
}

void Offer::forget(std::size_t place) {
  noted_[place / kBits] &= ~(std::uint64_t{1} << place % kBits);
  --noted_count_;
  setup_.queues[place]->offers.note_forgotten();
}

std::optional<std::size_t> Offer::next_noted(std::size_t place) const {
  if (noted_count_ == 0) return std::nullopt;
  std::size_t at = place / kBits;
  std::uint64_t word = noted_[at] & ~std::uint64_t{0} << place % kBits;
  while (word == 0) {
    at = at + 1 == noted_.size() ? 0 : at + 1;
    word = noted_[at];
  }
  return at * kBits + static_cast<std::size_t>(std::countr_zero(word));
}

Offer::Workers::iterator Offer::add(Worker& worker) {
  return line_of(WorkerLine::none).insert(line(WorkerLine::none).end(), &worker);
}

void Offer::move(Workers::iterator worker, WorkerLine from, WorkerLine to) {
  line_of(to).splice(line_of(to).end(), line_of(from), worker);
  list_if_awake();
}

bool Offer::has_workers() const {
  return std::any_of(lines_.begin(), lines_.end(), [](const Workers& line) { return !line.empty(); });
}

void Offer::list_if_awake() {
  if (is_listed_ || !is_awake()) return;
  is_listed_ = true;
  setup_.awake.push_back(this);
}

// ---- QueueOffers ----------------------------------------------------------------------------------------------------

void QueueOffers::add(Offer& offer, std::size_t place) {
  offers_.push_back({&offer, place});
  told_.reset();
}

void QueueOffers::remove(const Offer& offer) {
  std::erase_if(offers_, [&](const Place& one) { return one.offer == &offer; });
}

void QueueOffers::tell(const TaskTypes& types, TaskTypeId type) {
  const Told told{type, types.generation(type)};
  if (told_ == told || proto::mutant(proto::Mutant::offers_not_told)) return;
  told_ = told;
  for (const auto& [offer, place] : offers_)
    if (offer->may_take(types, type)) offer->note(place);
}

void QueueOffers::tell_all() {
  for (const auto& [offer, place] : offers_) offer->note(place);
}

bool QueueOffers::has_name(std::string_view name) const {
  return std::any_of(offers_.begin(), offers_.end(), [&](const Place& one) { return one.offer->has_name(name); });
}

std::string QueueOffers::signatures(std::string_view name) const {
  std::set<std::string_view> all;
  for (const Place& one : offers_) one.offer->add_signatures(name, all);
  std::string text;
  for (const std::string_view signature : all) {
    if (text.size() >= proto::limits::kMaxSignature) break;
    text.append(text.empty() ? "" : ", ").append(signature);
  }
  return text;
}

// ---- Offers ---------------------------------------------------------------------------------------------------------

Offer& Offers::find_or_make(const proto::WorkerInfo& info, std::vector<Queue*> queues) {
  std::unique_ptr<Offer>& offer = offers_[key_of(info)];
  if (offer == nullptr)
    offer = std::make_unique<Offer>(Offer::Setup{std::move(queues), info.tasks, takes_unknown_, awake_});
  return *offer;
}

void Offers::drop_if_unused(const proto::WorkerInfo& info) {
  const auto found = offers_.find(key_of(info));
  if (found != offers_.end() && !found->second->has_workers()) offers_.erase(found);
}

void Offers::note_all() {
  for (const auto& [key, offer] : offers_) offer->note_all();
}

void Offers::drop_asleep() {
  std::erase_if(awake_, [](Offer* offer) {
    offer->is_listed_ = offer->is_awake();
    return !offer->is_listed_;
  });
}

// Two workers have one key only if they serve the same queues and tasks in the same order.
std::string Offers::key_of(const proto::WorkerInfo& info) {
  std::string key;
  const auto add = [&](const std::string& text) { key += std::to_string(text.size()) + ':' + text; };
  for (const std::string& queue : info.queues) add(queue);
  key += ';';
  for (const proto::TaskInfo& task : info.tasks) {
    add(task.name);
    add(task.signature);
  }
  return key;
}

}  // namespace forkmill::broker
