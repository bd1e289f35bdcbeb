/// The named tensors of a network, as one table: what optimiser, checkpoint, hash and all-reduce
/// share.
///
/// Trainable tensors lie in one flat vector in the order of their names (bytewise), running
/// statistics in another. A tensor that several operations use is listed, stored and counted once.
public struct ParameterTree: Sendable, Hashable {
    /// A tensor's first float lies at a multiple of this: a cache line.
    public static let alignment = 16

    /// Trainable tensors by name.
    public let trainable: [Parameter]
    /// Running means and variances by name.
    public let statistics: [Parameter]
    /// Floats of the flat vector of trainable tensors, with the gaps between them.
    public let trainableExtent: Int
    /// Floats of the flat vector of running statistics.
    public let statisticsExtent: Int

    private let places: [String: Int]

    /// - Precondition: no two parameters have one name.
    public init(_ parameters: [Parameter]) {
        let ordered = parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        (trainable, trainableExtent) = Self.place(ordered.filter(\.isTrainable))
        (statistics, statisticsExtent) = Self.place(ordered.filter { !$0.isTrainable })
        var places: [String: Int] = [:]
        for (index, parameter) in (trainable + statistics).enumerated() {
            let old = places.updateValue(index, forKey: parameter.name)
            precondition(old == nil, "two parameters are named \(parameter.name)")
        }
        self.places = places
    }

    /// The parameter of this name, trainable or statistic.
    public subscript(name: String) -> Parameter? {
        guard let place = places[name] else { return nil }
        return place < trainable.count ? trainable[place] : statistics[place - trainable.count]
    }

    /// How many numbers are trained; shared tensors count once.
    public var trainableCount: Int { trainable.reduce(0) { $0 + $1.count } }

    private static func place(_ parameters: [Parameter]) -> ([Parameter], Int) {
        var placed = parameters
        var extent = 0
        for index in placed.indices {
            placed[index].offset = extent
            extent += placed[index].count.roundedUp(to: alignment)
        }
        return (placed, extent)
    }
}

extension Int {
    func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }

    /// Parts of size `part` that cover `self`; the last may be smaller.
    func parts(of part: Int) -> Int { (self + part - 1) / part }
}
