/// The candidate that is the fewest edits away, if it is near enough to have been meant; the first
/// of equals.
public func nearestName(to name: String, among candidates: [String]) -> String? {
    let distances = candidates.map { (name: $0, distance: editDistance(name, $0)) }
    guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    let reach = max(2, max(name.count, best.name.count) / 3)
    if best.distance <= reach && best.distance < best.name.count { return best.name }
    // What was written may also be a part of the key: `warmup` for `warmup_epochs`.
    return candidates.first { !name.isEmpty && ($0.hasPrefix(name) || name.hasPrefix($0)) }
}

/// Edits (insertion, deletion, substitution, swap of neighbours) between two words: the optimal
/// string alignment distance (Damerau 1964). Only the first 64 characters count.
func editDistance(_ first: String, _ second: String) -> Int {
    let first = Array(first.prefix(64))
    let second = Array(second.prefix(64))
    var before: [Int] = []
    var previous = Array(0...second.count)
    for (i, a) in first.enumerated() {
        var current = [i + 1]
        for (j, b) in second.enumerated() {
            var best = min(previous[j + 1], current[j]) + 1
            best = min(best, previous[j] + (a == b ? 0 : 1))
            if i > 0, j > 0, a == second[j - 1], first[i - 1] == b {
                best = min(best, before[j - 1] + 1)
            }
            current.append(best)
        }
        before = previous
        previous = current
    }
    return previous[second.count]
}
