metadata description = 'What the publisher\'s people look at in the portal.'

@description('Required. Short name of this deployment.')
param environmentName string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Id of Application Insights, whose tables the queries read.')
param applicationInsightsId string

@description('Required. Web address of the folder of runbooks, without a slash at its end.')
param runbooks string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(applicationInsightsId, 'leadshare')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'leadshare ${environmentName}'
    category: 'workbook'
    sourceId: applicationInsightsId
    serializedData: replace(loadTextContent('../workbook.json'), '<runbooks>', runbooks)
  }
}
