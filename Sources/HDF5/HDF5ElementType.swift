import CHDF5

/// The type of a dataset's elements, as far as this module tells them apart.
public indirect enum HDF5ElementType: Hashable, Sendable {
    case integer(bytes: Int, signed: Bool)
    case float(bytes: Int)
    /// Variable-length string, written as UTF-8.
    case string
    case fixedString(bytes: Int)
    case variableLength(HDF5ElementType)
    /// Something this module does not read: compound, reference, enumeration, ...
    case other(String)

    public static let int8 = HDF5ElementType.integer(bytes: 1, signed: true)
    public static let uint8 = HDF5ElementType.integer(bytes: 1, signed: false)
    public static let int16 = HDF5ElementType.integer(bytes: 2, signed: true)
    public static let uint16 = HDF5ElementType.integer(bytes: 2, signed: false)
    public static let int32 = HDF5ElementType.integer(bytes: 4, signed: true)
    public static let uint32 = HDF5ElementType.integer(bytes: 4, signed: false)
    public static let int64 = HDF5ElementType.integer(bytes: 8, signed: true)
    public static let uint64 = HDF5ElementType.integer(bytes: 8, signed: false)
    public static let float32 = HDF5ElementType.float(bytes: 4)
    public static let float64 = HDF5ElementType.float(bytes: 8)

    /// Bytes of one element in memory; nil where that varies or is unknown.
    public var byteCount: Int? {
        switch self {
        case .integer(let bytes, _), .float(let bytes), .fixedString(let bytes): bytes
        case .string, .variableLength, .other: nil
        }
    }

    /// Whether every value of `self` is exactly a value of `other`.
    func widens(to other: HDF5ElementType) -> Bool {
        switch (self, other) {
        case (.float(let from), .float(let to)): from <= to
        case (.integer(let from, let signed), .integer(let to, let toSigned)):
            signed == toSigned ? from <= to : (toSigned && from < to)
        default: self == other
        }
    }
}

extension HDF5ElementType: CustomStringConvertible {
    /// The name NumPy uses where there is one.
    public var description: String {
        switch self {
        case .integer(let bytes, let signed): "\(signed ? "" : "u")int\(bytes * 8)"
        case .float(let bytes): "float\(bytes * 8)"
        case .string: "variable-length string"
        case .fixedString(let bytes): "string of \(bytes) bytes"
        case .variableLength(let element): "variable-length \(element)"
        case .other(let name): name
        }
    }
}

extension HDF5ElementType {
    /// Reads the type behind an identifier.
    init(of type: Handle, at place: Place) throws(HDF5Error) {
        let id = type.id
        let size = HDF5Library.value { H5Tget_size(id) }
        switch HDF5Library.value({ H5Tget_class(id) }) {
        case H5T_INTEGER:
            let sign = HDF5Library.value { H5Tget_sign(id) }
            self = .integer(bytes: size, signed: sign == H5T_SGN_2)
        case H5T_FLOAT: self = .float(bytes: size)
        case H5T_STRING:
            let variable = try HDF5Library.attempt("read the string type", at: place) {
                H5Tis_variable_str(id)
            }
            self = variable > 0 ? .string : .fixedString(bytes: size)
        case H5T_VLEN:
            let base = try Handle(.datatype, "read the element type", at: place) {
                H5Tget_super(id)
            }
            self = .variableLength(try HDF5ElementType(of: base, at: place))
        case H5T_ENUM: self = .other("enumeration")
        case H5T_COMPOUND: self = .other("compound")
        case H5T_REFERENCE: self = .other("reference")
        case H5T_ARRAY: self = .other("array")
        case H5T_OPAQUE: self = .other("opaque")
        case H5T_BITFIELD: self = .other("bit field")
        default: self = .other("unknown type")
        }
    }

    /// The type as this machine holds it in memory, which is also how it is stored.
    func native(at place: Place) throws(HDF5Error) -> Handle {
        switch self {
        case .string: return try stringType(at: place)
        case .variableLength(let element):
            let base = try element.native(at: place)
            let id = base.id
            return try Handle(.datatype, "make a variable-length type", at: place) {
                H5Tvlen_create(id)
            }
        default: break
        }
        guard let id = HDF5Library.value(numberType) else {
            throw HDF5Error(.refused(operation: "use the element type \(self)"), at: place)
        }
        return try Handle(.datatype, "copy a type", at: place) { H5Tcopy(id) }
    }

    private func stringType(at place: Place) throws(HDF5Error) -> Handle {
        let type = try Handle(.datatype, "make a string type", at: place) {
            H5Tcopy(CHDF5_c_string())
        }
        let id = type.id
        try HDF5Library.attempt("make a string type", at: place) {
            H5Tset_size(id, CHDF5_variable_size())
        }
        try HDF5Library.attempt("make a string type", at: place) { H5Tset_cset(id, H5T_CSET_UTF8) }
        return type
    }

    private func numberType() -> hid_t? {
        switch self {
        case .int8: CHDF5_native_int8()
        case .uint8: CHDF5_native_uint8()
        case .int16: CHDF5_native_int16()
        case .uint16: CHDF5_native_uint16()
        case .int32: CHDF5_native_int32()
        case .uint32: CHDF5_native_uint32()
        case .int64: CHDF5_native_int64()
        case .uint64: CHDF5_native_uint64()
        case .float32: CHDF5_native_float()
        case .float64: CHDF5_native_double()
        default: nil
        }
    }
}

/// A number that a dataset can hold.
public protocol HDF5Element: BitwiseCopyable, Sendable {
    static var elementType: HDF5ElementType { get }
    static var zero: Self { get }
}

extension UInt8: HDF5Element { public static var elementType: HDF5ElementType { .uint8 } }
extension Int32: HDF5Element { public static var elementType: HDF5ElementType { .int32 } }
extension Int64: HDF5Element { public static var elementType: HDF5ElementType { .int64 } }
extension Float: HDF5Element { public static var elementType: HDF5ElementType { .float32 } }
extension Double: HDF5Element { public static var elementType: HDF5ElementType { .float64 } }
