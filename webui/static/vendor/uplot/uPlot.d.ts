// Not checked: the library comes as it is. What we use of it: new uPlot(options, columns, element), setData, setScale, setSize, destroy.
declare const uPlot: any;
export default uPlot;
