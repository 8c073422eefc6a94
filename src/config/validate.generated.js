// Made by generate.ts from the leaf table (leaves.ts): change that, then run `npm run generate`.
// Code by ajv (MIT license, https://github.com/ajv-validator/ajv)
// validate.js
var validate = validate10, schema11 = { type: "object", properties: { system: { type: "object", properties: { hostname: { type: "string", pattern: "^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$" } }, required: [], additionalProperties: !1 }, management: { type: "object", properties: { interface: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, address: { type: "string", pattern: "\\S" }, gateway: { type: "string", pattern: "\\S" }, dns: { type: "string", pattern: "\\S" } }, required: [], additionalProperties: !1 }, http: { type: "object", properties: { listen: { type: "string", pattern: "\\S" } }, required: [], additionalProperties: !1 }, vpp: { type: "object", properties: { enabled: { type: "boolean" }, external: { type: "boolean" }, binary: { type: "string", pattern: "^(?!.*\\.\\.)/[^\\u0000-\\u001f\\u007f]{0,1022}[^\\u0000-\\u001f\\u007f/]$" }, "start-timeout": { type: "integer", minimum: 1, maximum: 3600 }, "api-socket": { type: "string", pattern: `^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]{0,105}[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$` } }, required: [], additionalProperties: !1 }, "vpp.cpu": { type: "object", properties: { "main-core": { type: "integer", minimum: 0, maximum: 255 }, workers: { type: "integer", minimum: 0, maximum: 255 } }, required: [], additionalProperties: !1 }, "vpp.memory": { type: "object", properties: { "main-heap": { type: "integer", minimum: 268435456, maximum: 274877906944 }, "hugepage-size": { enum: ["2M", "1G"] }, buffers: { type: "integer", minimum: 1024, maximum: 16777216 } }, required: [], additionalProperties: !1 }, "vpp.dpdk": { type: "object", properties: { "unsafe-no-iommu": { type: "boolean" } }, required: [], additionalProperties: !1 }, "vpp.stats": { type: "object", properties: { "segment-size": { type: "integer", minimum: 33554432, maximum: 68719476736 }, "socket-path": { type: "string", pattern: `^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]{0,105}[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$` }, "poll-interval": { type: "integer", minimum: 1, maximum: 3600 } }, required: [], additionalProperties: !1 }, "vpp.lcp": { type: "object", properties: { enabled: { type: "boolean" }, sync: { type: "boolean" }, "auto-subint": { type: "boolean" }, netns: { type: "string", pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" } }, required: [], additionalProperties: !1 }, "fib.vpp": { type: "object", properties: { enabled: { type: "boolean" }, "table-id": { type: "integer", minimum: 0, maximum: 4294967295 }, "batch-size": { type: "integer", minimum: 1, maximum: 65535 }, "batch-interval-ms": { type: "integer", minimum: 0, maximum: 6e4 } }, required: [], additionalProperties: !1 }, supervisor: { type: "object", properties: { "backoff-ms": { type: "integer", minimum: 10, maximum: 6e4 }, "backoff-max-ms": { type: "integer", minimum: 10, maximum: 36e5 }, "stable-ms": { type: "integer", minimum: 100, maximum: 864e5 }, "loop-after": { type: "integer", minimum: 1, maximum: 1e3 }, "loop-retry-ms": { type: "integer", minimum: 100, maximum: 864e5 } }, required: [], additionalProperties: !1 } }, patternProperties: { "^vpp\\.dpdk\\.interface\\.": { type: "object", properties: { name: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, "rx-queues": { type: "integer", minimum: 1, maximum: 255 }, "tx-queues": { type: "integer", minimum: 1, maximum: 255 } }, required: ["name"], additionalProperties: !1 }, "^interface\\.": { type: "object", properties: { enabled: { type: "boolean" }, mtu: { type: "integer", minimum: 68, maximum: 65535 }, addresses: { type: "string", pattern: "\\S" }, mpls: { type: "boolean" } }, required: [], additionalProperties: !1 } }, additionalProperties: !1 }, func2 = Object.prototype.hasOwnProperty, pattern0 = new RegExp("^vpp\\.dpdk\\.interface\\.", "u"), pattern1 = new RegExp("^interface\\.", "u"), pattern2 = new RegExp("^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$", "u"), pattern3 = new RegExp("^[A-Za-z][A-Za-z0-9_.-]{0,14}$", "u"), pattern4 = new RegExp("\\S", "u"), pattern8 = new RegExp("^(?!.*\\.\\.)/[^\\u0000-\\u001f\\u007f]{0,1022}[^\\u0000-\\u001f\\u007f/]$", "u"), pattern9 = new RegExp(`^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]{0,105}[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$`, "u"), pattern11 = new RegExp("^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$", "u");
function validate10(data, { instancePath = "", parentData, parentDataProperty, rootData = data } = {}) {
  let vErrors = null, errors = 0;
  if (data && typeof data == "object" && !Array.isArray(data)) {
    for (let key0 in data)
      if (!(func2.call(schema11.properties, key0) || pattern0.test(key0) || pattern1.test(key0))) {
        let err0 = { instancePath, schemaPath: "#/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key0 } };
        vErrors === null ? vErrors = [err0] : vErrors.push(err0), errors++;
      }
    if (data.system !== void 0) {
      let data0 = data.system;
      if (data0 && typeof data0 == "object" && !Array.isArray(data0)) {
        for (let key1 in data0)
          if (key1 !== "hostname") {
            let err1 = { instancePath: instancePath + "/system", schemaPath: "#/properties/system/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key1 } };
            vErrors === null ? vErrors = [err1] : vErrors.push(err1), errors++;
          }
        if (data0.hostname !== void 0) {
          let data1 = data0.hostname;
          if (typeof data1 == "string") {
            if (!pattern2.test(data1)) {
              let err2 = { instancePath: instancePath + "/system/hostname", schemaPath: "#/properties/system/properties/hostname/pattern", keyword: "pattern", params: { pattern: "^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$" } };
              vErrors === null ? vErrors = [err2] : vErrors.push(err2), errors++;
            }
          } else {
            let err3 = { instancePath: instancePath + "/system/hostname", schemaPath: "#/properties/system/properties/hostname/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err3] : vErrors.push(err3), errors++;
          }
        }
      } else {
        let err4 = { instancePath: instancePath + "/system", schemaPath: "#/properties/system/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err4] : vErrors.push(err4), errors++;
      }
    }
    if (data.management !== void 0) {
      let data2 = data.management;
      if (data2 && typeof data2 == "object" && !Array.isArray(data2)) {
        for (let key2 in data2)
          if (!(key2 === "interface" || key2 === "address" || key2 === "gateway" || key2 === "dns")) {
            let err5 = { instancePath: instancePath + "/management", schemaPath: "#/properties/management/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key2 } };
            vErrors === null ? vErrors = [err5] : vErrors.push(err5), errors++;
          }
        if (data2.interface !== void 0) {
          let data3 = data2.interface;
          if (typeof data3 == "string") {
            if (!pattern3.test(data3)) {
              let err6 = { instancePath: instancePath + "/management/interface", schemaPath: "#/properties/management/properties/interface/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
              vErrors === null ? vErrors = [err6] : vErrors.push(err6), errors++;
            }
          } else {
            let err7 = { instancePath: instancePath + "/management/interface", schemaPath: "#/properties/management/properties/interface/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err7] : vErrors.push(err7), errors++;
          }
        }
        if (data2.address !== void 0) {
          let data4 = data2.address;
          if (typeof data4 == "string") {
            if (!pattern4.test(data4)) {
              let err8 = { instancePath: instancePath + "/management/address", schemaPath: "#/properties/management/properties/address/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err8] : vErrors.push(err8), errors++;
            }
          } else {
            let err9 = { instancePath: instancePath + "/management/address", schemaPath: "#/properties/management/properties/address/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err9] : vErrors.push(err9), errors++;
          }
        }
        if (data2.gateway !== void 0) {
          let data5 = data2.gateway;
          if (typeof data5 == "string") {
            if (!pattern4.test(data5)) {
              let err10 = { instancePath: instancePath + "/management/gateway", schemaPath: "#/properties/management/properties/gateway/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err10] : vErrors.push(err10), errors++;
            }
          } else {
            let err11 = { instancePath: instancePath + "/management/gateway", schemaPath: "#/properties/management/properties/gateway/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err11] : vErrors.push(err11), errors++;
          }
        }
        if (data2.dns !== void 0) {
          let data6 = data2.dns;
          if (typeof data6 == "string") {
            if (!pattern4.test(data6)) {
              let err12 = { instancePath: instancePath + "/management/dns", schemaPath: "#/properties/management/properties/dns/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err12] : vErrors.push(err12), errors++;
            }
          } else {
            let err13 = { instancePath: instancePath + "/management/dns", schemaPath: "#/properties/management/properties/dns/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err13] : vErrors.push(err13), errors++;
          }
        }
      } else {
        let err14 = { instancePath: instancePath + "/management", schemaPath: "#/properties/management/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err14] : vErrors.push(err14), errors++;
      }
    }
    if (data.http !== void 0) {
      let data7 = data.http;
      if (data7 && typeof data7 == "object" && !Array.isArray(data7)) {
        for (let key3 in data7)
          if (key3 !== "listen") {
            let err15 = { instancePath: instancePath + "/http", schemaPath: "#/properties/http/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key3 } };
            vErrors === null ? vErrors = [err15] : vErrors.push(err15), errors++;
          }
        if (data7.listen !== void 0) {
          let data8 = data7.listen;
          if (typeof data8 == "string") {
            if (!pattern4.test(data8)) {
              let err16 = { instancePath: instancePath + "/http/listen", schemaPath: "#/properties/http/properties/listen/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err16] : vErrors.push(err16), errors++;
            }
          } else {
            let err17 = { instancePath: instancePath + "/http/listen", schemaPath: "#/properties/http/properties/listen/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err17] : vErrors.push(err17), errors++;
          }
        }
      } else {
        let err18 = { instancePath: instancePath + "/http", schemaPath: "#/properties/http/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err18] : vErrors.push(err18), errors++;
      }
    }
    if (data.vpp !== void 0) {
      let data9 = data.vpp;
      if (data9 && typeof data9 == "object" && !Array.isArray(data9)) {
        for (let key4 in data9)
          if (!(key4 === "enabled" || key4 === "external" || key4 === "binary" || key4 === "start-timeout" || key4 === "api-socket")) {
            let err19 = { instancePath: instancePath + "/vpp", schemaPath: "#/properties/vpp/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key4 } };
            vErrors === null ? vErrors = [err19] : vErrors.push(err19), errors++;
          }
        if (data9.enabled !== void 0 && typeof data9.enabled != "boolean") {
          let err20 = { instancePath: instancePath + "/vpp/enabled", schemaPath: "#/properties/vpp/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err20] : vErrors.push(err20), errors++;
        }
        if (data9.external !== void 0 && typeof data9.external != "boolean") {
          let err21 = { instancePath: instancePath + "/vpp/external", schemaPath: "#/properties/vpp/properties/external/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err21] : vErrors.push(err21), errors++;
        }
        if (data9.binary !== void 0) {
          let data12 = data9.binary;
          if (typeof data12 == "string") {
            if (!pattern8.test(data12)) {
              let err22 = { instancePath: instancePath + "/vpp/binary", schemaPath: "#/properties/vpp/properties/binary/pattern", keyword: "pattern", params: { pattern: "^(?!.*\\.\\.)/[^\\u0000-\\u001f\\u007f]{0,1022}[^\\u0000-\\u001f\\u007f/]$" } };
              vErrors === null ? vErrors = [err22] : vErrors.push(err22), errors++;
            }
          } else {
            let err23 = { instancePath: instancePath + "/vpp/binary", schemaPath: "#/properties/vpp/properties/binary/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err23] : vErrors.push(err23), errors++;
          }
        }
        if (data9["start-timeout"] !== void 0) {
          let data13 = data9["start-timeout"];
          if (!(typeof data13 == "number" && !(data13 % 1) && !isNaN(data13) && isFinite(data13))) {
            let err24 = { instancePath: instancePath + "/vpp/start-timeout", schemaPath: "#/properties/vpp/properties/start-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err24] : vErrors.push(err24), errors++;
          }
          if (typeof data13 == "number" && isFinite(data13)) {
            if (data13 > 3600 || isNaN(data13)) {
              let err25 = { instancePath: instancePath + "/vpp/start-timeout", schemaPath: "#/properties/vpp/properties/start-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 3600 } };
              vErrors === null ? vErrors = [err25] : vErrors.push(err25), errors++;
            }
            if (data13 < 1 || isNaN(data13)) {
              let err26 = { instancePath: instancePath + "/vpp/start-timeout", schemaPath: "#/properties/vpp/properties/start-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err26] : vErrors.push(err26), errors++;
            }
          }
        }
        if (data9["api-socket"] !== void 0) {
          let data14 = data9["api-socket"];
          if (typeof data14 == "string") {
            if (!pattern9.test(data14)) {
              let err27 = { instancePath: instancePath + "/vpp/api-socket", schemaPath: "#/properties/vpp/properties/api-socket/pattern", keyword: "pattern", params: { pattern: `^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]{0,105}[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$` } };
              vErrors === null ? vErrors = [err27] : vErrors.push(err27), errors++;
            }
          } else {
            let err28 = { instancePath: instancePath + "/vpp/api-socket", schemaPath: "#/properties/vpp/properties/api-socket/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err28] : vErrors.push(err28), errors++;
          }
        }
      } else {
        let err29 = { instancePath: instancePath + "/vpp", schemaPath: "#/properties/vpp/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err29] : vErrors.push(err29), errors++;
      }
    }
    if (data["vpp.cpu"] !== void 0) {
      let data15 = data["vpp.cpu"];
      if (data15 && typeof data15 == "object" && !Array.isArray(data15)) {
        for (let key5 in data15)
          if (!(key5 === "main-core" || key5 === "workers")) {
            let err30 = { instancePath: instancePath + "/vpp.cpu", schemaPath: "#/properties/vpp.cpu/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key5 } };
            vErrors === null ? vErrors = [err30] : vErrors.push(err30), errors++;
          }
        if (data15["main-core"] !== void 0) {
          let data16 = data15["main-core"];
          if (!(typeof data16 == "number" && !(data16 % 1) && !isNaN(data16) && isFinite(data16))) {
            let err31 = { instancePath: instancePath + "/vpp.cpu/main-core", schemaPath: "#/properties/vpp.cpu/properties/main-core/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err31] : vErrors.push(err31), errors++;
          }
          if (typeof data16 == "number" && isFinite(data16)) {
            if (data16 > 255 || isNaN(data16)) {
              let err32 = { instancePath: instancePath + "/vpp.cpu/main-core", schemaPath: "#/properties/vpp.cpu/properties/main-core/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
              vErrors === null ? vErrors = [err32] : vErrors.push(err32), errors++;
            }
            if (data16 < 0 || isNaN(data16)) {
              let err33 = { instancePath: instancePath + "/vpp.cpu/main-core", schemaPath: "#/properties/vpp.cpu/properties/main-core/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err33] : vErrors.push(err33), errors++;
            }
          }
        }
        if (data15.workers !== void 0) {
          let data17 = data15.workers;
          if (!(typeof data17 == "number" && !(data17 % 1) && !isNaN(data17) && isFinite(data17))) {
            let err34 = { instancePath: instancePath + "/vpp.cpu/workers", schemaPath: "#/properties/vpp.cpu/properties/workers/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err34] : vErrors.push(err34), errors++;
          }
          if (typeof data17 == "number" && isFinite(data17)) {
            if (data17 > 255 || isNaN(data17)) {
              let err35 = { instancePath: instancePath + "/vpp.cpu/workers", schemaPath: "#/properties/vpp.cpu/properties/workers/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
              vErrors === null ? vErrors = [err35] : vErrors.push(err35), errors++;
            }
            if (data17 < 0 || isNaN(data17)) {
              let err36 = { instancePath: instancePath + "/vpp.cpu/workers", schemaPath: "#/properties/vpp.cpu/properties/workers/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err36] : vErrors.push(err36), errors++;
            }
          }
        }
      } else {
        let err37 = { instancePath: instancePath + "/vpp.cpu", schemaPath: "#/properties/vpp.cpu/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err37] : vErrors.push(err37), errors++;
      }
    }
    if (data["vpp.memory"] !== void 0) {
      let data18 = data["vpp.memory"];
      if (data18 && typeof data18 == "object" && !Array.isArray(data18)) {
        for (let key6 in data18)
          if (!(key6 === "main-heap" || key6 === "hugepage-size" || key6 === "buffers")) {
            let err38 = { instancePath: instancePath + "/vpp.memory", schemaPath: "#/properties/vpp.memory/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key6 } };
            vErrors === null ? vErrors = [err38] : vErrors.push(err38), errors++;
          }
        if (data18["main-heap"] !== void 0) {
          let data19 = data18["main-heap"];
          if (!(typeof data19 == "number" && !(data19 % 1) && !isNaN(data19) && isFinite(data19))) {
            let err39 = { instancePath: instancePath + "/vpp.memory/main-heap", schemaPath: "#/properties/vpp.memory/properties/main-heap/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err39] : vErrors.push(err39), errors++;
          }
          if (typeof data19 == "number" && isFinite(data19)) {
            if (data19 > 274877906944 || isNaN(data19)) {
              let err40 = { instancePath: instancePath + "/vpp.memory/main-heap", schemaPath: "#/properties/vpp.memory/properties/main-heap/maximum", keyword: "maximum", params: { comparison: "<=", limit: 274877906944 } };
              vErrors === null ? vErrors = [err40] : vErrors.push(err40), errors++;
            }
            if (data19 < 268435456 || isNaN(data19)) {
              let err41 = { instancePath: instancePath + "/vpp.memory/main-heap", schemaPath: "#/properties/vpp.memory/properties/main-heap/minimum", keyword: "minimum", params: { comparison: ">=", limit: 268435456 } };
              vErrors === null ? vErrors = [err41] : vErrors.push(err41), errors++;
            }
          }
        }
        if (data18["hugepage-size"] !== void 0) {
          let data20 = data18["hugepage-size"];
          if (!(data20 === "2M" || data20 === "1G")) {
            let err42 = { instancePath: instancePath + "/vpp.memory/hugepage-size", schemaPath: "#/properties/vpp.memory/properties/hugepage-size/enum", keyword: "enum", params: { allowedValues: schema11.properties["vpp.memory"].properties["hugepage-size"].enum } };
            vErrors === null ? vErrors = [err42] : vErrors.push(err42), errors++;
          }
        }
        if (data18.buffers !== void 0) {
          let data21 = data18.buffers;
          if (!(typeof data21 == "number" && !(data21 % 1) && !isNaN(data21) && isFinite(data21))) {
            let err43 = { instancePath: instancePath + "/vpp.memory/buffers", schemaPath: "#/properties/vpp.memory/properties/buffers/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err43] : vErrors.push(err43), errors++;
          }
          if (typeof data21 == "number" && isFinite(data21)) {
            if (data21 > 16777216 || isNaN(data21)) {
              let err44 = { instancePath: instancePath + "/vpp.memory/buffers", schemaPath: "#/properties/vpp.memory/properties/buffers/maximum", keyword: "maximum", params: { comparison: "<=", limit: 16777216 } };
              vErrors === null ? vErrors = [err44] : vErrors.push(err44), errors++;
            }
            if (data21 < 1024 || isNaN(data21)) {
              let err45 = { instancePath: instancePath + "/vpp.memory/buffers", schemaPath: "#/properties/vpp.memory/properties/buffers/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1024 } };
              vErrors === null ? vErrors = [err45] : vErrors.push(err45), errors++;
            }
          }
        }
      } else {
        let err46 = { instancePath: instancePath + "/vpp.memory", schemaPath: "#/properties/vpp.memory/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err46] : vErrors.push(err46), errors++;
      }
    }
    if (data["vpp.dpdk"] !== void 0) {
      let data22 = data["vpp.dpdk"];
      if (data22 && typeof data22 == "object" && !Array.isArray(data22)) {
        for (let key7 in data22)
          if (key7 !== "unsafe-no-iommu") {
            let err47 = { instancePath: instancePath + "/vpp.dpdk", schemaPath: "#/properties/vpp.dpdk/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key7 } };
            vErrors === null ? vErrors = [err47] : vErrors.push(err47), errors++;
          }
        if (data22["unsafe-no-iommu"] !== void 0 && typeof data22["unsafe-no-iommu"] != "boolean") {
          let err48 = { instancePath: instancePath + "/vpp.dpdk/unsafe-no-iommu", schemaPath: "#/properties/vpp.dpdk/properties/unsafe-no-iommu/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err48] : vErrors.push(err48), errors++;
        }
      } else {
        let err49 = { instancePath: instancePath + "/vpp.dpdk", schemaPath: "#/properties/vpp.dpdk/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err49] : vErrors.push(err49), errors++;
      }
    }
    if (data["vpp.stats"] !== void 0) {
      let data24 = data["vpp.stats"];
      if (data24 && typeof data24 == "object" && !Array.isArray(data24)) {
        for (let key8 in data24)
          if (!(key8 === "segment-size" || key8 === "socket-path" || key8 === "poll-interval")) {
            let err50 = { instancePath: instancePath + "/vpp.stats", schemaPath: "#/properties/vpp.stats/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key8 } };
            vErrors === null ? vErrors = [err50] : vErrors.push(err50), errors++;
          }
        if (data24["segment-size"] !== void 0) {
          let data25 = data24["segment-size"];
          if (!(typeof data25 == "number" && !(data25 % 1) && !isNaN(data25) && isFinite(data25))) {
            let err51 = { instancePath: instancePath + "/vpp.stats/segment-size", schemaPath: "#/properties/vpp.stats/properties/segment-size/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err51] : vErrors.push(err51), errors++;
          }
          if (typeof data25 == "number" && isFinite(data25)) {
            if (data25 > 68719476736 || isNaN(data25)) {
              let err52 = { instancePath: instancePath + "/vpp.stats/segment-size", schemaPath: "#/properties/vpp.stats/properties/segment-size/maximum", keyword: "maximum", params: { comparison: "<=", limit: 68719476736 } };
              vErrors === null ? vErrors = [err52] : vErrors.push(err52), errors++;
            }
            if (data25 < 33554432 || isNaN(data25)) {
              let err53 = { instancePath: instancePath + "/vpp.stats/segment-size", schemaPath: "#/properties/vpp.stats/properties/segment-size/minimum", keyword: "minimum", params: { comparison: ">=", limit: 33554432 } };
              vErrors === null ? vErrors = [err53] : vErrors.push(err53), errors++;
            }
          }
        }
        if (data24["socket-path"] !== void 0) {
          let data26 = data24["socket-path"];
          if (typeof data26 == "string") {
            if (!pattern9.test(data26)) {
              let err54 = { instancePath: instancePath + "/vpp.stats/socket-path", schemaPath: "#/properties/vpp.stats/properties/socket-path/pattern", keyword: "pattern", params: { pattern: `^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]{0,105}[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$` } };
              vErrors === null ? vErrors = [err54] : vErrors.push(err54), errors++;
            }
          } else {
            let err55 = { instancePath: instancePath + "/vpp.stats/socket-path", schemaPath: "#/properties/vpp.stats/properties/socket-path/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err55] : vErrors.push(err55), errors++;
          }
        }
        if (data24["poll-interval"] !== void 0) {
          let data27 = data24["poll-interval"];
          if (!(typeof data27 == "number" && !(data27 % 1) && !isNaN(data27) && isFinite(data27))) {
            let err56 = { instancePath: instancePath + "/vpp.stats/poll-interval", schemaPath: "#/properties/vpp.stats/properties/poll-interval/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err56] : vErrors.push(err56), errors++;
          }
          if (typeof data27 == "number" && isFinite(data27)) {
            if (data27 > 3600 || isNaN(data27)) {
              let err57 = { instancePath: instancePath + "/vpp.stats/poll-interval", schemaPath: "#/properties/vpp.stats/properties/poll-interval/maximum", keyword: "maximum", params: { comparison: "<=", limit: 3600 } };
              vErrors === null ? vErrors = [err57] : vErrors.push(err57), errors++;
            }
            if (data27 < 1 || isNaN(data27)) {
              let err58 = { instancePath: instancePath + "/vpp.stats/poll-interval", schemaPath: "#/properties/vpp.stats/properties/poll-interval/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err58] : vErrors.push(err58), errors++;
            }
          }
        }
      } else {
        let err59 = { instancePath: instancePath + "/vpp.stats", schemaPath: "#/properties/vpp.stats/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err59] : vErrors.push(err59), errors++;
      }
    }
    if (data["vpp.lcp"] !== void 0) {
      let data28 = data["vpp.lcp"];
      if (data28 && typeof data28 == "object" && !Array.isArray(data28)) {
        for (let key9 in data28)
          if (!(key9 === "enabled" || key9 === "sync" || key9 === "auto-subint" || key9 === "netns")) {
            let err60 = { instancePath: instancePath + "/vpp.lcp", schemaPath: "#/properties/vpp.lcp/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key9 } };
            vErrors === null ? vErrors = [err60] : vErrors.push(err60), errors++;
          }
        if (data28.enabled !== void 0 && typeof data28.enabled != "boolean") {
          let err61 = { instancePath: instancePath + "/vpp.lcp/enabled", schemaPath: "#/properties/vpp.lcp/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err61] : vErrors.push(err61), errors++;
        }
        if (data28.sync !== void 0 && typeof data28.sync != "boolean") {
          let err62 = { instancePath: instancePath + "/vpp.lcp/sync", schemaPath: "#/properties/vpp.lcp/properties/sync/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err62] : vErrors.push(err62), errors++;
        }
        if (data28["auto-subint"] !== void 0 && typeof data28["auto-subint"] != "boolean") {
          let err63 = { instancePath: instancePath + "/vpp.lcp/auto-subint", schemaPath: "#/properties/vpp.lcp/properties/auto-subint/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err63] : vErrors.push(err63), errors++;
        }
        if (data28.netns !== void 0) {
          let data32 = data28.netns;
          if (typeof data32 == "string") {
            if (!pattern11.test(data32)) {
              let err64 = { instancePath: instancePath + "/vpp.lcp/netns", schemaPath: "#/properties/vpp.lcp/properties/netns/pattern", keyword: "pattern", params: { pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" } };
              vErrors === null ? vErrors = [err64] : vErrors.push(err64), errors++;
            }
          } else {
            let err65 = { instancePath: instancePath + "/vpp.lcp/netns", schemaPath: "#/properties/vpp.lcp/properties/netns/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err65] : vErrors.push(err65), errors++;
          }
        }
      } else {
        let err66 = { instancePath: instancePath + "/vpp.lcp", schemaPath: "#/properties/vpp.lcp/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err66] : vErrors.push(err66), errors++;
      }
    }
    if (data["fib.vpp"] !== void 0) {
      let data33 = data["fib.vpp"];
      if (data33 && typeof data33 == "object" && !Array.isArray(data33)) {
        for (let key10 in data33)
          if (!(key10 === "enabled" || key10 === "table-id" || key10 === "batch-size" || key10 === "batch-interval-ms")) {
            let err67 = { instancePath: instancePath + "/fib.vpp", schemaPath: "#/properties/fib.vpp/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key10 } };
            vErrors === null ? vErrors = [err67] : vErrors.push(err67), errors++;
          }
        if (data33.enabled !== void 0 && typeof data33.enabled != "boolean") {
          let err68 = { instancePath: instancePath + "/fib.vpp/enabled", schemaPath: "#/properties/fib.vpp/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err68] : vErrors.push(err68), errors++;
        }
        if (data33["table-id"] !== void 0) {
          let data35 = data33["table-id"];
          if (!(typeof data35 == "number" && !(data35 % 1) && !isNaN(data35) && isFinite(data35))) {
            let err69 = { instancePath: instancePath + "/fib.vpp/table-id", schemaPath: "#/properties/fib.vpp/properties/table-id/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err69] : vErrors.push(err69), errors++;
          }
          if (typeof data35 == "number" && isFinite(data35)) {
            if (data35 > 4294967295 || isNaN(data35)) {
              let err70 = { instancePath: instancePath + "/fib.vpp/table-id", schemaPath: "#/properties/fib.vpp/properties/table-id/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4294967295 } };
              vErrors === null ? vErrors = [err70] : vErrors.push(err70), errors++;
            }
            if (data35 < 0 || isNaN(data35)) {
              let err71 = { instancePath: instancePath + "/fib.vpp/table-id", schemaPath: "#/properties/fib.vpp/properties/table-id/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err71] : vErrors.push(err71), errors++;
            }
          }
        }
        if (data33["batch-size"] !== void 0) {
          let data36 = data33["batch-size"];
          if (!(typeof data36 == "number" && !(data36 % 1) && !isNaN(data36) && isFinite(data36))) {
            let err72 = { instancePath: instancePath + "/fib.vpp/batch-size", schemaPath: "#/properties/fib.vpp/properties/batch-size/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err72] : vErrors.push(err72), errors++;
          }
          if (typeof data36 == "number" && isFinite(data36)) {
            if (data36 > 65535 || isNaN(data36)) {
              let err73 = { instancePath: instancePath + "/fib.vpp/batch-size", schemaPath: "#/properties/fib.vpp/properties/batch-size/maximum", keyword: "maximum", params: { comparison: "<=", limit: 65535 } };
              vErrors === null ? vErrors = [err73] : vErrors.push(err73), errors++;
            }
            if (data36 < 1 || isNaN(data36)) {
              let err74 = { instancePath: instancePath + "/fib.vpp/batch-size", schemaPath: "#/properties/fib.vpp/properties/batch-size/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err74] : vErrors.push(err74), errors++;
            }
          }
        }
        if (data33["batch-interval-ms"] !== void 0) {
          let data37 = data33["batch-interval-ms"];
          if (!(typeof data37 == "number" && !(data37 % 1) && !isNaN(data37) && isFinite(data37))) {
            let err75 = { instancePath: instancePath + "/fib.vpp/batch-interval-ms", schemaPath: "#/properties/fib.vpp/properties/batch-interval-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err75] : vErrors.push(err75), errors++;
          }
          if (typeof data37 == "number" && isFinite(data37)) {
            if (data37 > 6e4 || isNaN(data37)) {
              let err76 = { instancePath: instancePath + "/fib.vpp/batch-interval-ms", schemaPath: "#/properties/fib.vpp/properties/batch-interval-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 6e4 } };
              vErrors === null ? vErrors = [err76] : vErrors.push(err76), errors++;
            }
            if (data37 < 0 || isNaN(data37)) {
              let err77 = { instancePath: instancePath + "/fib.vpp/batch-interval-ms", schemaPath: "#/properties/fib.vpp/properties/batch-interval-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err77] : vErrors.push(err77), errors++;
            }
          }
        }
      } else {
        let err78 = { instancePath: instancePath + "/fib.vpp", schemaPath: "#/properties/fib.vpp/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err78] : vErrors.push(err78), errors++;
      }
    }
    if (data.supervisor !== void 0) {
      let data38 = data.supervisor;
      if (data38 && typeof data38 == "object" && !Array.isArray(data38)) {
        for (let key11 in data38)
          if (!(key11 === "backoff-ms" || key11 === "backoff-max-ms" || key11 === "stable-ms" || key11 === "loop-after" || key11 === "loop-retry-ms")) {
            let err79 = { instancePath: instancePath + "/supervisor", schemaPath: "#/properties/supervisor/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key11 } };
            vErrors === null ? vErrors = [err79] : vErrors.push(err79), errors++;
          }
        if (data38["backoff-ms"] !== void 0) {
          let data39 = data38["backoff-ms"];
          if (!(typeof data39 == "number" && !(data39 % 1) && !isNaN(data39) && isFinite(data39))) {
            let err80 = { instancePath: instancePath + "/supervisor/backoff-ms", schemaPath: "#/properties/supervisor/properties/backoff-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err80] : vErrors.push(err80), errors++;
          }
          if (typeof data39 == "number" && isFinite(data39)) {
            if (data39 > 6e4 || isNaN(data39)) {
              let err81 = { instancePath: instancePath + "/supervisor/backoff-ms", schemaPath: "#/properties/supervisor/properties/backoff-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 6e4 } };
              vErrors === null ? vErrors = [err81] : vErrors.push(err81), errors++;
            }
            if (data39 < 10 || isNaN(data39)) {
              let err82 = { instancePath: instancePath + "/supervisor/backoff-ms", schemaPath: "#/properties/supervisor/properties/backoff-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 10 } };
              vErrors === null ? vErrors = [err82] : vErrors.push(err82), errors++;
            }
          }
        }
        if (data38["backoff-max-ms"] !== void 0) {
          let data40 = data38["backoff-max-ms"];
          if (!(typeof data40 == "number" && !(data40 % 1) && !isNaN(data40) && isFinite(data40))) {
            let err83 = { instancePath: instancePath + "/supervisor/backoff-max-ms", schemaPath: "#/properties/supervisor/properties/backoff-max-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err83] : vErrors.push(err83), errors++;
          }
          if (typeof data40 == "number" && isFinite(data40)) {
            if (data40 > 36e5 || isNaN(data40)) {
              let err84 = { instancePath: instancePath + "/supervisor/backoff-max-ms", schemaPath: "#/properties/supervisor/properties/backoff-max-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 36e5 } };
              vErrors === null ? vErrors = [err84] : vErrors.push(err84), errors++;
            }
            if (data40 < 10 || isNaN(data40)) {
              let err85 = { instancePath: instancePath + "/supervisor/backoff-max-ms", schemaPath: "#/properties/supervisor/properties/backoff-max-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 10 } };
              vErrors === null ? vErrors = [err85] : vErrors.push(err85), errors++;
            }
          }
        }
        if (data38["stable-ms"] !== void 0) {
          let data41 = data38["stable-ms"];
          if (!(typeof data41 == "number" && !(data41 % 1) && !isNaN(data41) && isFinite(data41))) {
            let err86 = { instancePath: instancePath + "/supervisor/stable-ms", schemaPath: "#/properties/supervisor/properties/stable-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err86] : vErrors.push(err86), errors++;
          }
          if (typeof data41 == "number" && isFinite(data41)) {
            if (data41 > 864e5 || isNaN(data41)) {
              let err87 = { instancePath: instancePath + "/supervisor/stable-ms", schemaPath: "#/properties/supervisor/properties/stable-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 864e5 } };
              vErrors === null ? vErrors = [err87] : vErrors.push(err87), errors++;
            }
            if (data41 < 100 || isNaN(data41)) {
              let err88 = { instancePath: instancePath + "/supervisor/stable-ms", schemaPath: "#/properties/supervisor/properties/stable-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 100 } };
              vErrors === null ? vErrors = [err88] : vErrors.push(err88), errors++;
            }
          }
        }
        if (data38["loop-after"] !== void 0) {
          let data42 = data38["loop-after"];
          if (!(typeof data42 == "number" && !(data42 % 1) && !isNaN(data42) && isFinite(data42))) {
            let err89 = { instancePath: instancePath + "/supervisor/loop-after", schemaPath: "#/properties/supervisor/properties/loop-after/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err89] : vErrors.push(err89), errors++;
          }
          if (typeof data42 == "number" && isFinite(data42)) {
            if (data42 > 1e3 || isNaN(data42)) {
              let err90 = { instancePath: instancePath + "/supervisor/loop-after", schemaPath: "#/properties/supervisor/properties/loop-after/maximum", keyword: "maximum", params: { comparison: "<=", limit: 1e3 } };
              vErrors === null ? vErrors = [err90] : vErrors.push(err90), errors++;
            }
            if (data42 < 1 || isNaN(data42)) {
              let err91 = { instancePath: instancePath + "/supervisor/loop-after", schemaPath: "#/properties/supervisor/properties/loop-after/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err91] : vErrors.push(err91), errors++;
            }
          }
        }
        if (data38["loop-retry-ms"] !== void 0) {
          let data43 = data38["loop-retry-ms"];
          if (!(typeof data43 == "number" && !(data43 % 1) && !isNaN(data43) && isFinite(data43))) {
            let err92 = { instancePath: instancePath + "/supervisor/loop-retry-ms", schemaPath: "#/properties/supervisor/properties/loop-retry-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err92] : vErrors.push(err92), errors++;
          }
          if (typeof data43 == "number" && isFinite(data43)) {
            if (data43 > 864e5 || isNaN(data43)) {
              let err93 = { instancePath: instancePath + "/supervisor/loop-retry-ms", schemaPath: "#/properties/supervisor/properties/loop-retry-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 864e5 } };
              vErrors === null ? vErrors = [err93] : vErrors.push(err93), errors++;
            }
            if (data43 < 100 || isNaN(data43)) {
              let err94 = { instancePath: instancePath + "/supervisor/loop-retry-ms", schemaPath: "#/properties/supervisor/properties/loop-retry-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 100 } };
              vErrors === null ? vErrors = [err94] : vErrors.push(err94), errors++;
            }
          }
        }
      } else {
        let err95 = { instancePath: instancePath + "/supervisor", schemaPath: "#/properties/supervisor/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err95] : vErrors.push(err95), errors++;
      }
    }
    for (let key12 in data)
      if (pattern0.test(key12)) {
        let data44 = data[key12];
        if (data44 && typeof data44 == "object" && !Array.isArray(data44)) {
          if (data44.name === void 0) {
            let err96 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./required", keyword: "required", params: { missingProperty: "name" } };
            vErrors === null ? vErrors = [err96] : vErrors.push(err96), errors++;
          }
          for (let key13 in data44)
            if (!(key13 === "name" || key13 === "rx-queues" || key13 === "tx-queues")) {
              let err97 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key13 } };
              vErrors === null ? vErrors = [err97] : vErrors.push(err97), errors++;
            }
          if (data44.name !== void 0) {
            let data45 = data44.name;
            if (typeof data45 == "string") {
              if (!pattern3.test(data45)) {
                let err98 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1") + "/name", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/name/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err98] : vErrors.push(err98), errors++;
              }
            } else {
              let err99 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1") + "/name", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/name/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err99] : vErrors.push(err99), errors++;
            }
          }
          if (data44["rx-queues"] !== void 0) {
            let data46 = data44["rx-queues"];
            if (!(typeof data46 == "number" && !(data46 % 1) && !isNaN(data46) && isFinite(data46))) {
              let err100 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1") + "/rx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/rx-queues/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err100] : vErrors.push(err100), errors++;
            }
            if (typeof data46 == "number" && isFinite(data46)) {
              if (data46 > 255 || isNaN(data46)) {
                let err101 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1") + "/rx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/rx-queues/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
                vErrors === null ? vErrors = [err101] : vErrors.push(err101), errors++;
              }
              if (data46 < 1 || isNaN(data46)) {
                let err102 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1") + "/rx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/rx-queues/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err102] : vErrors.push(err102), errors++;
              }
            }
          }
          if (data44["tx-queues"] !== void 0) {
            let data47 = data44["tx-queues"];
            if (!(typeof data47 == "number" && !(data47 % 1) && !isNaN(data47) && isFinite(data47))) {
              let err103 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1") + "/tx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/tx-queues/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err103] : vErrors.push(err103), errors++;
            }
            if (typeof data47 == "number" && isFinite(data47)) {
              if (data47 > 255 || isNaN(data47)) {
                let err104 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1") + "/tx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/tx-queues/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
                vErrors === null ? vErrors = [err104] : vErrors.push(err104), errors++;
              }
              if (data47 < 1 || isNaN(data47)) {
                let err105 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1") + "/tx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/tx-queues/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err105] : vErrors.push(err105), errors++;
              }
            }
          }
        } else {
          let err106 = { instancePath: instancePath + "/" + key12.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err106] : vErrors.push(err106), errors++;
        }
      }
    for (let key14 in data)
      if (pattern1.test(key14)) {
        let data48 = data[key14];
        if (data48 && typeof data48 == "object" && !Array.isArray(data48)) {
          for (let key15 in data48)
            if (!(key15 === "enabled" || key15 === "mtu" || key15 === "addresses" || key15 === "mpls")) {
              let err107 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Einterface%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key15 } };
              vErrors === null ? vErrors = [err107] : vErrors.push(err107), errors++;
            }
          if (data48.enabled !== void 0 && typeof data48.enabled != "boolean") {
            let err108 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1") + "/enabled", schemaPath: "#/patternProperties/%5Einterface%5C./properties/enabled/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err108] : vErrors.push(err108), errors++;
          }
          if (data48.mtu !== void 0) {
            let data50 = data48.mtu;
            if (!(typeof data50 == "number" && !(data50 % 1) && !isNaN(data50) && isFinite(data50))) {
              let err109 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1") + "/mtu", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mtu/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err109] : vErrors.push(err109), errors++;
            }
            if (typeof data50 == "number" && isFinite(data50)) {
              if (data50 > 65535 || isNaN(data50)) {
                let err110 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1") + "/mtu", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mtu/maximum", keyword: "maximum", params: { comparison: "<=", limit: 65535 } };
                vErrors === null ? vErrors = [err110] : vErrors.push(err110), errors++;
              }
              if (data50 < 68 || isNaN(data50)) {
                let err111 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1") + "/mtu", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mtu/minimum", keyword: "minimum", params: { comparison: ">=", limit: 68 } };
                vErrors === null ? vErrors = [err111] : vErrors.push(err111), errors++;
              }
            }
          }
          if (data48.addresses !== void 0) {
            let data51 = data48.addresses;
            if (typeof data51 == "string") {
              if (!pattern4.test(data51)) {
                let err112 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1") + "/addresses", schemaPath: "#/patternProperties/%5Einterface%5C./properties/addresses/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err112] : vErrors.push(err112), errors++;
              }
            } else {
              let err113 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1") + "/addresses", schemaPath: "#/patternProperties/%5Einterface%5C./properties/addresses/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err113] : vErrors.push(err113), errors++;
            }
          }
          if (data48.mpls !== void 0 && typeof data48.mpls != "boolean") {
            let err114 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1") + "/mpls", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mpls/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err114] : vErrors.push(err114), errors++;
          }
        } else {
          let err115 = { instancePath: instancePath + "/" + key14.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Einterface%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err115] : vErrors.push(err115), errors++;
        }
      }
  } else {
    let err116 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    vErrors === null ? vErrors = [err116] : vErrors.push(err116), errors++;
  }
  return validate10.errors = vErrors, errors === 0;
}
export {
  validate
};
