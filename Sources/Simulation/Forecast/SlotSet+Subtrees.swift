import TrainingProtocol

extension SlotSet {
    /// How many sums a member of these slots brings to a reduction: the nodes of the slot tree that cover them.
    var subtrees: Int {
        ranges.reduce(0) { total, range in
            var first = range.lowerBound
            var count = 0
            while first < range.upperBound {
                var span = 1
                while first.isMultiple(of: 2 * span), first + 2 * span <= range.upperBound {
                    span *= 2
                }
                first += span
                count += 1
            }
            return total + count
        }
    }
}
