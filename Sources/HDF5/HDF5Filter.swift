import CHDF5

/// One step of the pipeline that a dataset's chunks went through on their way to the file.
public struct HDF5Filter: Hashable, Sendable {
    /// The number under which The HDF Group registers the filter; 1 is deflate (gzip).
    public let identifier: Int
    public let name: String
    /// Whether this HDF5 library can undo it.
    public let isAvailable: Bool
    /// The level, for deflate.
    public let level: Int?

    public static let deflate = 1
    public static let shuffle = 2
    public static let fletcher32 = 3
}

extension HDF5Filter {
    /// The filters in a dataset's creation properties, in the order they are applied when writing.
    static func all(in properties: hid_t, at place: Place) throws(HDF5Error) -> [HDF5Filter] {
        let count = try HDF5Library.attempt("read the filters", at: place) {
            H5Pget_nfilters(properties)
        }
        var filters: [HDF5Filter] = []
        for index in 0..<UInt32(count) {
            filters.append(try read(index, in: properties, at: place))
        }
        return filters
    }

    private static func read(
        _ index: UInt32, in properties: hid_t, at place: Place
    ) throws(HDF5Error) -> HDF5Filter {
        var parameters = [UInt32](repeating: 0, count: 16)
        var parameterCount = parameters.count
        var name = [CChar](repeating: 0, count: 64)
        let nameCapacity = name.count
        let identifier = try HDF5Library.attempt("read a filter", at: place) {
            H5Pget_filter2(
                properties, index, nil, &parameterCount, &parameters, nameCapacity, &name, nil)
        }
        let letters = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let available = HDF5Library.call { H5Zfilter_avail(identifier) }.0 > 0
        let isDeflate = Int(identifier) == deflate && parameterCount > 0
        return HDF5Filter(
            identifier: Int(identifier),
            name: letters.isEmpty ? "unnamed" : String(decoding: letters, as: UTF8.self),
            isAvailable: available,
            level: isDeflate ? Int(parameters[0]) : nil)
    }
}
